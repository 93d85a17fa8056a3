"""What a unit did of late, read when its list is made: a click changes the next list.

One statement on an index, and only for a recommender that takes recent acts or for the rule of what
was bought. While the database is away there are none, and the list is as training left it.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

import msgspec
import numpy as np
from django.db import Error as AnyDatabaseError
from django.db import connection
from scipy.sparse import csr_matrix

from experiments.clock import EPOCH
from recommenders.artifacts import Artifact
from recommenders.interactions import EVENT_WEIGHTS
from recommenders.serving.shapes import Wish

log = logging.getLogger(__name__)

MOST_ACTS = 50
HOUR_US = 3_600_000_000
REACH_US = 24 * HOUR_US
AHEAD_US = 60_000_000  # a shop's clock may be a little before ours
FADING = 0.9  # what an act counts of the next newer one
VIEW = "view_item"
PURCHASE = "purchase"
# The column is one of two of ours, never anything sent.
STATEMENT = """
    SELECT type, item_id, items FROM experiments_event
    WHERE site_id = %s AND {column} = %s AND {column} <> ''
        AND ts_us > %s AND ts_us <= %s AND day >= %s
    ORDER BY ts_us DESC LIMIT %s
"""
BY_VISITOR = STATEMENT.format(column="visitor_id")
BY_ACCOUNT = STATEMENT.format(column="account_id")


class Act(NamedTuple):
    """Something that a unit did with an item."""

    type: str
    item_id: str


def acts_of(wish: Wish) -> list[Act]:
    """Return what the unit did in the last day, newest first, of at most MOST_ACTS events."""
    if not wish.may_know or not wish.unit_id:
        return []
    # PostgreSQL reads only the days named; two before, as a day is that of the site's zone.
    first_day = (EPOCH + timedelta(microseconds=wish.now_us - 2 * REACH_US)).date().isoformat()
    values = (wish.now_us - REACH_US, wish.now_us + AHEAD_US, first_day, MOST_ACTS)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                BY_VISITOR if wish.units.visitor_id else BY_ACCOUNT,
                (wish.site_id, wish.unit_id, *values),
            )
            rows = cursor.fetchall()
    except AnyDatabaseError as error:
        log.warning("recent acts not read: %s", error)
        return []
    return [act for row in rows for act in _acts(*row)]


def _acts(type_: str, item_id: str, items: str | list[dict[str, str]]) -> Iterable[Act]:
    if type_ not in EVENT_WEIGHTS:
        return
    if item_id:
        yield Act(type_, item_id)
        return
    for line in msgspec.json.decode(items) if isinstance(items, str) else items:
        yield Act(type_, str(line["item_id"]))


def recent_row(artifact: Artifact, acts: list[Act], viewed: tuple[str, ...]) -> csr_matrix | None:
    """Return the weights of what was done of late, (1, n_items); None when nothing is known of it.

    An act weighs what it does in training, each FADING times less than the next newer one. What the
    page says was viewed counts as if it were newest, once.
    """
    weights: dict[int, float] = {}
    for age, act in enumerate(acts):
        if (index := artifact.item_index(act.item_id)) >= 0:
            weights[index] = weights.get(index, 0.0) + EVENT_WEIGHTS[act.type] * FADING**age
    for age, item_id in enumerate(viewed):
        if (index := artifact.item_index(item_id)) >= 0:
            weights[index] = max(weights.get(index, 0.0), EVENT_WEIGHTS[VIEW] * FADING**age)
    if not weights:
        return None
    places = np.array(sorted(weights), np.int32)
    values = np.array([weights[index] for index in places.tolist()], np.float32)
    ends = np.array([0, len(places)], np.int32)
    return csr_matrix((values, places, ends), shape=(1, len(artifact.item_ids)))
