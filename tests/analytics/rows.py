"""Rows of a run, written straight into the tables: exposures, events and slates."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from experiments.clock import day_of, microseconds
from experiments.models import Event, Experiment, Exposure, Site, Slate, Variant
from experiments.services import end_experiment
from tests.factories import NOW, a_site, draft_experiment
from tests.rows import a_slate, an_event

_numbers = count(1)


def an_id() -> uuid.UUID:
    """Return an id that no other row of this process has."""
    return uuid.UUID(int=next(_numbers))


def exposure(
    experiment: Experiment, variant: Variant, unit: str, at: datetime, **fields: Any
) -> Exposure:
    """Return an unsaved exposure."""
    return Exposure(
        **{
            "experiment": experiment,
            "phase": experiment.phase,
            "unit_id": unit,
            "variant": variant,
            "first_at": at,
            "ts_us": microseconds(at),
            "day": day_of(at, "UTC"),
        }
        | fields
    )


def event(site: Site, kind: str, at: datetime, **fields: Any) -> Event:
    """Return an unsaved event."""
    return an_event(site, kind, at, **{"event_id": an_id()} | fields)


def slate(variant: Variant, unit: str, at: datetime, **fields: Any) -> Slate:
    """Return an unsaved slate that the variant showed."""
    experiment = variant.experiment
    values = {
        "request_id": an_id(),
        "visitor_id": unit,
        "experiment": experiment,
        "phase": experiment.phase,
        "variant": variant,
        "unit_id": unit,
    }
    return a_slate(experiment.site, at, **values | fields)


@dataclass(frozen=True, slots=True)
class Shares:
    """How a variant's units behave; amounts in minor units."""

    units: int
    buyers: float
    clicks: float = 0.1
    mean_amount: int = 3000


def a_run(
    behaviour: Mapping[str, Shares],
    *,
    days: int = 14,
    has_ended: bool = True,
    site: Site | None = None,
    **fields: Any,
) -> Experiment:
    """Return an experiment with rows that spread evenly over its days, the same in every run."""
    site = site or a_site(is_simulated=True)
    experiment = draft_experiment(site, **fields)
    start = NOW - timedelta(days=days)
    Experiment.objects.filter(pk=experiment.pk).update(status="running", started_at=start)
    experiment.refresh_from_db()
    for variant in experiment.variants.all():
        _behave(variant, behaviour[variant.key], start, days)
    # The clock of a simulated site stands at its latest row.
    Event.objects.bulk_create([event(site, "view_item", NOW, visitor_id="the last one")])
    if has_ended:
        end_experiment(experiment_id=experiment.pk)
        experiment.refresh_from_db()
    return experiment


def _behave(variant: Variant, shares: Shares, start: datetime, days: int) -> None:
    exposures, events, slates = [], [], []
    site = variant.experiment.site
    for number in range(shares.units):
        unit = f"{variant.key}-{number}"
        at = start + timedelta(days=days * number / shares.units)
        exposures.append(exposure(variant.experiment, variant, unit, at))
        slates.append(slate(variant, unit, at, clicked=int(_is_due(number, shares.clicks))))
        if _is_due(number, shares.buyers):
            amount = shares.mean_amount + 10 * (number % 101 - 50)
            fields = {"visitor_id": unit, "amount": amount, "order_ref": unit}
            events.append(event(site, "purchase", at, **fields))
    Exposure.objects.bulk_create(exposures)
    Slate.objects.bulk_create(slates)
    Event.objects.bulk_create(events)


def _is_due(number: int, share: float) -> bool:
    """Tell whether the number-th unit is among an evenly spread share of all."""
    return int((number + 1) * share) > int(number * share)
