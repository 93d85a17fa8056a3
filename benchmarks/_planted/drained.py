"""The same run twice: its rows written into the tables, and sent through inbox and drain."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from benchmarks._planted.looks import look_at, outcome_of
from benchmarks._planted.rows import BETWEEN_LISTS_US, Visits, arrivals, write_run
from benchmarks._planted.runs import (
    START_US,
    assigned,
    day_of_run,
    end_all,
    runs_side_by_side,
    variant_ids,
)
from benchmarks._planted.shop import Ints, Rng, behave
from benchmarks._planted.study import DAYS, METRICS, Outcome, Study
from experiments.clock import EPOCH, MICROSECOND
from experiments.drain.run import drain_once
from experiments.intake.inbox import Sender, store_events, write_slates
from experiments.intake.slates import ServedSlate
from experiments.models import Experiment, Site, Variant

BATCH = 500
CLICKED_AFTER_US = BETWEEN_LISTS_US // 2
REFUNDED_AFTER_US = BETWEEN_LISTS_US // 4


def drained_runs(study: Study, site: Site, other: Site, count: int, rng: Rng) -> Iterator[Outcome]:
    """Yield what the report says of runs that were sent; raises where rows written say otherwise.

    The rows of one site's run are written, those of the other's sent: the same units, in the same
    variants, who do the same. A shop whose units bought before sends that past to nobody.
    """
    for number in range(count):
        primary = METRICS[number % len(METRICS)]
        (written,) = runs_side_by_side(site, study.plan, [primary])
        (sent,) = runs_side_by_side(other, study.plan, [primary])
        (units,) = assigned([written], study.plan.n_units, rng)
        at = arrivals(len(units.ids), START_US, DAYS, rng)
        visits = Visits(units.ids, at, behave(study.shop, study.effect, units.places == 1, rng))
        write_run(written, visits, variant_ids(written, units.places), rng)
        _send(sent, visits, units.places)
        end_all([written, sent])
        yield _same(study, written, sent)


def _same(study: Study, written: Experiment, sent: Experiment) -> Outcome:
    looks = [look_at(each, day_of_run(DAYS)) for each in (written, sent)]
    for name in ("verdict", "judged", "raw"):
        pair = [getattr(look, name) for look in looks]
        if pair[0] != pair[1]:
            raise RuntimeError(f"{name}: {pair[0]} of rows written, {pair[1]} of rows sent")
    return outcome_of(study.name, sent, looks[1])


def _send(experiment: Experiment, visits: Visits, places: Ints) -> None:
    """Put a run's lists and events into the inbox, and apply everything."""
    variants = list(experiment.variants.all())
    slates = [*_slates(experiment, visits, places, variants)]
    for start in range(0, len(slates), BATCH):
        write_slates(slates[start : start + BATCH])
    events = sorted([*_clicks(slates, visits), *_orders(visits)], key=lambda e: e["occurred_at"])
    for start in range(0, len(events), BATCH):
        part = events[start : start + BATCH]
        now = part[-1]["occurred_at"]  # a storefront that sends at once is not late
        told = [msgspec.json.encode(each) for each in part]
        store_events(experiment.site_id, told, Sender(True, now), received_at=now)
    while drain_once().batches:
        pass


def _slates(
    experiment: Experiment, visits: Visits, places: Ints, variants: list[Variant]
) -> Iterator[ServedSlate]:
    for unit, at in zip(visits.behaviour.list_unit.tolist(), visits.list_at.tolist(), strict=True):
        yield ServedSlate(
            site_id=experiment.site_id,
            request_id=uuid.uuid4(),
            placement="home",
            served_at=_moment(at),
            visitor_id=visits.ids[unit],
            experiment_id=experiment.pk,
            phase=experiment.phase,
            variant_id=variants[int(places[unit])].pk,
            unit_id=visits.ids[unit],
            reason="SPLIT",
            recommender="popularity",
            latency_us=20_000,
        )


def _clicks(slates: list[ServedSlate], visits: Visits) -> Iterator[dict[str, Any]]:
    for slate, clicked in zip(slates, visits.behaviour.clicked.tolist(), strict=True):
        if clicked:
            at = slate.served_at + CLICKED_AFTER_US * MICROSECOND
            yield _event("select_item", slate.visitor_id, at) | {
                "request_id": slate.request_id,
                "item_id": "sku-1",
                "rank": 1,
            }


def _orders(visits: Visits) -> Iterator[dict[str, Any]]:
    did, times = visits.behaviour, visits.order_at.tolist()
    for row, unit in enumerate(did.order_unit.tolist()):
        order = {
            "order_id": f"o-{visits.ids[unit]}-{row}",
            "value": {"amount": int(did.amount[row]), "currency": "EUR"},
        }
        yield _event("purchase", visits.ids[unit], _moment(times[row])) | order
        if did.refunded[row]:
            later = _moment(times[row] + REFUNDED_AFTER_US)
            yield _event("refund", visits.ids[unit], later) | order


def _event(kind: str, visitor_id: str, at: datetime) -> dict[str, Any]:
    return {
        "event_id": uuid.uuid4(),
        "type": kind,
        "occurred_at": at,
        "unit": {"visitor_id": visitor_id},
    }


def _moment(at_us: int) -> datetime:
    return EPOCH + at_us * MICROSECOND
