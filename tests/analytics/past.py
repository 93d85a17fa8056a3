"""Runs whose units bought before their first exposure too, as they do after it."""

from datetime import timedelta
from typing import Any

from analytics.models import Metric
from experiments.models import Event, Experiment, Exposure, Slate
from tests.analytics.rows import Shares, a_run, event
from tests.rows import a_slate

LIKE = {"control": Shares(700, 0.3), "treatment": Shares(700, 0.36)}
FULL_WINDOW = timedelta(days=16)  # before a first exposure: a window of a fortnight and some


def a_run_with_past(behaviour: dict[str, Shares] | None = None, **fields: Any) -> Experiment:
    """Return a run in which two thirds of the buyers bought as much in the four weeks before.

    The primary metric uses that past, and caps revenue at the 98th percentile of the time before.
    """
    experiment = a_run(behaviour or LIKE, **fields)
    Metric.objects.filter(site=experiment.site).update(uses_cuped=False, winsor=None)
    Metric.objects.filter(site=experiment.site, key="revenue_per_unit").update(
        uses_cuped=True, winsor=0.98
    )
    exposures = {row.unit_id: row for row in Exposure.objects.filter(experiment=experiment)}
    bought = Event.objects.filter(site=experiment.site, type="purchase").order_by("id")
    Event.objects.bulk_create(
        event(
            experiment.site,
            "purchase",
            exposures[row.visitor_id].first_at - timedelta(days=1),
            visitor_id=row.visitor_id,
            amount=row.amount,
        )
        for number, row in enumerate(bought)
        if number % 3
    )
    return experiment


def visited_before(experiment: Experiment, amounts: list[int]) -> None:
    """Let a unit each be at the placement a month before the start, and spend an amount."""
    assert experiment.started_at is not None
    assert experiment.placement is not None
    at = experiment.started_at - FULL_WINDOW
    names = [f"earlier-{number}" for number in range(len(amounts))]
    Slate.objects.bulk_create(
        a_slate(experiment.site, at, visitor_id=name, placement=experiment.placement.key)
        for name in names
    )
    Event.objects.bulk_create(
        event(experiment.site, "purchase", at + timedelta(hours=1), visitor_id=name, amount=amount)
        for name, amount in zip(names, amounts, strict=True)
        if amount
    )
