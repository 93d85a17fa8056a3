"""What units met and did, as the rows that the drain would write: exposures, lists, events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from django.db import connection, transaction

from analytics.queries import DAY_US
from benchmarks._planted.shop import Behaviour, Ints, Rng
from experiments.models import Experiment, Site

HOUR_US = DAY_US // 24
QUIET_US = 6 * HOUR_US  # before the end of the last day nobody comes first: all acts are over then
BETWEEN_LISTS_US = HOUR_US // 6
BETWEEN_ORDERS_US = HOUR_US // 4
PAST = "past"  # in the ids of orders that units of a run placed before it
PAST_US = 26 * DAY_US  # within the four weeks before first exposure that history is taken from

# What a column holds is bound, or stands in the text where it is the same in every row.
EXPOSURE = """INSERT INTO experiments_exposure (experiment_id, phase, unit_id, unit_type,
    variant_id, first_at, ts_us, day, attributes, is_multiple, traffic)
VALUES (%s, 1, %s, '', %s, %s, %s, %s, '{}', false, '')"""
SLATE = """INSERT INTO experiments_slate (site_id, request_id, placement, served_at, ts_us, day,
    visitor_id, account_id, session_id, experiment_id, phase, variant_id, unit_id, reason,
    recommender, artifact, items, fallback, latency_us, clicked, attributes, traffic, n_items,
    pairs, unlike_pairs, n_known, n_tail, novelty_mbit)
VALUES (%s, %s, 'home', %s, %s, %s, %s, '', '', %s, %s, %s, %s, %s,
    'popularity', '', '[]', '', 20000, %s, '{}', '', 0, 0, 0, 0, 0, 0)"""
EVENT = """INSERT INTO experiments_event (site_id, event_id, type, occurred_at, ts_us, day,
    received_at, visitor_id, account_id, session_id, item_id, items, amount, currency, order_id,
    order_ref, attributes, properties, is_verified, borrowed, traffic, refunded, refunded_quantity)
VALUES (%s, %s, 'purchase', %s, %s, %s, %s, %s, '', '', '', '[]', %s, 'EUR', %s, %s,
    '{}', '{}', true, 0, '', %s, 0)"""


@dataclass(frozen=True, slots=True)
class Visits:
    """Units with when each came first (µs, shape (n,)), and what they do from then on."""

    ids: Sequence[str]
    at_us: Ints
    behaviour: Behaviour

    @property
    def list_at(self) -> Ints:
        """Return when each list was shown."""
        unit, nth = self.behaviour.list_unit, self.behaviour.list_nth
        return self.at_us[unit] + nth * BETWEEN_LISTS_US

    @property
    def order_at(self) -> Ints:
        """Return when each order was placed."""
        unit, nth = self.behaviour.order_unit, self.behaviour.order_nth
        return self.at_us[unit] + HOUR_US + nth * BETWEEN_ORDERS_US


def arrivals(n: int, start_us: int, days: int, rng: Rng) -> Ints:
    """Return when n units come first within so many days, the first of them at once."""
    at = start_us + (rng.random(n) * (days * DAY_US - QUIET_US)).astype(np.int64)
    at[0] = start_us
    return at


def write_run(
    experiment: Experiment, visits: Visits, variants: Ints, rng: Rng, *, only_exposed: bool = False
) -> None:
    """Write a run's rows; `variants` (n,): the id of each unit's variant."""
    base = experiment.pk << 40
    with transaction.atomic():
        _insert(EXPOSURE, _exposures(experiment, visits, variants))
        if only_exposed:
            return
        _insert(SLATE, _slates(experiment.site, visits, base, experiment.pk, variants))
        _insert(EVENT, _orders(experiment.site, visits, base))
        _insert(EVENT, _past_orders(experiment.site, visits, f"{PAST}-{base}", rng))


def write_past(site: Site, visits: Visits, rng: Rng) -> None:
    """Write what a site's visitors did before any experiment: lists and orders in none."""
    with transaction.atomic():
        _insert(SLATE, _slates(site, visits, 0, None, None))
        _insert(EVENT, _orders(site, visits, 0))
        _insert(EVENT, _past_orders(site, visits, "before", rng))


def wipe(site: Site, since_us: int) -> None:
    """Take out all rows of a site's experiments, and what happened since; the past stays."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM experiments_exposure WHERE experiment_id IN"
            " (SELECT id FROM experiments_experiment WHERE site_id = %s)",
            [site.pk],
        )
        cursor.execute(
            "DELETE FROM experiments_slate WHERE site_id = %s AND experiment_id IS NOT NULL",
            [site.pk],
        )
        cursor.execute(
            "DELETE FROM experiments_event WHERE site_id = %s"
            " AND (ts_us >= %s OR order_id LIKE %s)",
            [site.pk, since_us, f"{PAST}-%"],
        )


def moments(at_us: Ints) -> tuple[list[str], list[str]]:
    """Return moments as texts that both databases read as UTC, and their days.

    >>> moments(np.array([1_500_000]))
    (['1970-01-01 00:00:01.500000'], ['1970-01-01'])
    """
    texts = np.datetime_as_string(at_us.astype("datetime64[us]"), unit="us").tolist()
    return [text.replace("T", " ") for text in texts], [text[:10] for text in texts]


def _insert(statement: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(rows))


def _exposures(experiment: Experiment, visits: Visits, variants: Ints) -> Iterator[tuple[Any, ...]]:
    texts, days = moments(visits.at_us)
    return zip(
        repeat(experiment.pk),
        visits.ids,
        variants.tolist(),
        texts,
        visits.at_us.tolist(),
        days,
        strict=False,
    )


def _slates(
    site: Site, visits: Visits, base: int, experiment_id: int | None, variants: Ints | None
) -> Iterator[tuple[Any, ...]]:
    did, at = visits.behaviour, visits.list_at
    texts, days = moments(at)
    units = [visits.ids[unit] for unit in did.list_unit.tolist()]
    is_in = experiment_id is not None
    return zip(
        repeat(site.pk),
        [f"{site.pk:08x}{base + i:024x}" for i in range(len(at))],
        texts,
        at.tolist(),
        days,
        units,
        repeat(experiment_id),
        repeat(1 if is_in else None),
        repeat(None) if variants is None else variants[did.list_unit].tolist(),
        units if is_in else repeat(""),
        repeat("SPLIT" if is_in else "NO_EXPERIMENT"),
        did.clicked.tolist(),
        strict=False,
    )


def _orders(site: Site, visits: Visits, base: int) -> Iterator[tuple[Any, ...]]:
    did = visits.behaviour
    units = [visits.ids[unit] for unit in did.order_unit.tolist()]
    return _purchases(site, units, visits.order_at, did.amount, did.refunded, f"o-{base}", 1)


def _past_orders(site: Site, visits: Visits, order: str, rng: Rng) -> Iterator[tuple[Any, ...]]:
    did = visits.behaviour
    units = [visits.ids[unit] for unit in did.past_unit.tolist()]
    before = HOUR_US + (rng.random(len(units)) * PAST_US).astype(np.int64)
    at, none = visits.at_us[did.past_unit] - before, np.zeros(len(units), np.int64)
    return _purchases(site, units, at, did.past_amount, none, order, 2)


def _purchases(
    site: Site,
    units: Sequence[str],
    at: Ints,
    amounts: Ints,
    refunded: Ints,
    order: str,
    kind: int,
) -> Iterator[tuple[Any, ...]]:
    texts, days = moments(at)
    orders = [f"{order}-{i}" for i in range(len(units))]
    return zip(
        repeat(site.pk),
        [f"{kind:032x}"] * len(units),  # the ledger tells events apart, and none is repeated here
        texts,
        at.tolist(),
        days,
        texts,
        units,
        amounts.tolist(),
        orders,
        orders,
        refunded.tolist(),
        strict=False,
    )
