"""A made-up site with a past, written straight into the tables."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from analytics.launch.desk import choose
from analytics.models import Metric
from benchmarks._site import a_draft
from experiments.clock import day_of, microseconds
from experiments.desks import MetricUse
from experiments.models import Event, Experiment, Site, Slate
from experiments.services import create_site

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAYS = 27
BATCH = 2_000
CLICKED, BOUGHT, CARTED, BEFORE = 0.12, 0.05, 0.1, 0.03
TAIL = (8.0, 1.0)  # of the logarithm of an order, in cents: median 30, mean 49


def a_shop(n_units: int, seed: int, metrics: Sequence[str]) -> Experiment:
    """Return a draft on a site whose visitors were served and bought in the last four weeks.

    The mean uses what was bought before, and is capped.
    """
    site = create_site(slug="bench", name="Bench", is_simulated=True)
    rng = np.random.default_rng(seed)
    rows = list(_rows(site, n_units, rng))
    Slate.objects.bulk_create([r for r in rows if isinstance(r, Slate)], batch_size=BATCH)
    Event.objects.bulk_create([r for r in rows if isinstance(r, Event)], batch_size=BATCH)
    Metric.objects.filter(site=site).update(uses_cuped=False, winsor=None)
    Metric.objects.filter(site=site, key="revenue_per_unit").update(uses_cuped=True, winsor=0.999)
    return _draft(site, metrics)


def _draft(site: Site, metrics: Sequence[str]) -> Experiment:
    experiment = a_draft(site, monitoring=Experiment.Monitoring.FIXED)
    first, *others = metrics
    uses = [MetricUse(first, "primary"), *(MetricUse(each, "secondary") for each in others)]
    choose(experiment, uses)
    return Experiment.objects.get(pk=experiment.pk)


def _rows(site: Site, n_units: int, rng: np.random.Generator) -> Iterator[Slate | Event]:
    lists = rng.geometric(0.6, n_units)
    at = np.sort(rng.random(n_units))
    amounts = np.exp(rng.normal(*TAIL, n_units)).astype(np.int64)
    chances = rng.random((n_units, 4))
    for number in range(n_units):
        name = f"v-{number}"
        seen = NOW - timedelta(days=DAYS * float(at[number]))
        for visit in range(int(lists[number])):
            is_clicked = visit == 0 and chances[number, 0] < CLICKED
            yield Slate(
                **_stamp(site, seen + timedelta(hours=visit)),
                request_id=uuid.uuid4(),
                placement="home",
                served_at=seen + timedelta(hours=visit),
                reason="SPLIT",
                recommender="popularity",
                visitor_id=name,
                clicked=int(is_clicked),
            )
        spent = {"visitor_id": name, "amount": int(amounts[number]), "order_ref": name}
        if chances[number, 1] < BOUGHT:
            yield _event(site, "purchase", seen + timedelta(minutes=5), **spent)
        if chances[number, 2] < CARTED:
            yield _event(site, "add_to_cart", seen + timedelta(minutes=2), visitor_id=name)
        if chances[number, 3] < BEFORE:
            yield _event(site, "purchase", seen - timedelta(days=4), **spent)


def _event(site: Site, kind: str, at: datetime, **fields: Any) -> Event:
    return Event(
        **_stamp(site, at),
        event_id=uuid.uuid4(),
        type=kind,
        occurred_at=at,
        received_at=at,
        **fields,
    )


def _stamp(site: Site, at: datetime) -> dict[str, Any]:
    return {"site": site, "ts_us": microseconds(at), "day": day_of(at, site.timezone)}
