"""What a unit did of late, read when its list is made: a click changes the next list.

One statement on an index for a recommender that takes recent acts, and one for the rule of what was
bought. While the database is away there are none, and the list is as training left it.
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
MOST_PURCHASES = 500
HOUR_US = 3_600_000_000
REACH_US = 24 * HOUR_US
DAY_US = 24 * HOUR_US
AHEAD_US = 60_000_000  # a shop's clock may be a little before ours
FADING = 0.9  # what an act counts of the next newer one
VIEW = "view_item"
PURCHASE = "purchase"
# The column is one of two of ours, never anything sent.
STATEMENT = """
    SELECT type, item_id, items FROM experiments_event
    WHERE site_id = %s AND {column} = %s AND {column} <> ''
        AND ts_us > %s AND ts_us <= %s AND day >= %s {further}
    ORDER BY ts_us DESC LIMIT %s
"""


class Act(NamedTuple):
    """Something that a unit did with an item."""

    type: str
    item_id: str


def acts_of(wish: Wish) -> list[Act]:
    """Return what the unit did in the last day, newest first, of at most MOST_ACTS events."""
    return _read(wish, wish.now_us - REACH_US, MOST_ACTS)


def bought_since(wish: Wish, *, days: int, known_until_us: int) -> list[str]:
    """Return the items that the unit bought so many days ago or less, as far as training misses it.

    `known_until_us`: the end of the data of training, which may lack what came in late: it is read
    from a day before. Of at most MOST_PURCHASES events, the newest.
    """
    since_us = max(wish.now_us - days * DAY_US, known_until_us - DAY_US)
    found = _read(wish, since_us, MOST_PURCHASES, f"AND type = '{PURCHASE}'")
    return [act.item_id for act in found]


def _read(wish: Wish, since_us: int, most: int, further: str = "") -> list[Act]:
    """Return what the unit did since then, newest first; nothing while the database is away."""
    if not wish.may_know or not wish.unit_id:
        return []
    column = "visitor_id" if wish.units.visitor_id else "account_id"
    # PostgreSQL reads only the days named; one before, as a day is that of the site's zone.
    first_day = (EPOCH + timedelta(microseconds=since_us - DAY_US)).date().isoformat()
    values = (since_us, wish.now_us + AHEAD_US, first_day, most)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                STATEMENT.format(column=column, further=further),
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
