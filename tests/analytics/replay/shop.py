"""A site whose visitors were served and bought in the last four weeks, and a draft to try on it."""

from datetime import timedelta
from typing import Any

from analytics.launch.desk import choose
from analytics.models import Metric
from experiments.desks import MetricUse
from experiments.models import Event, Experiment, Site, Slate
from tests.analytics.rows import an_id, event
from tests.factories import NOW, a_site, draft_experiment
from tests.rows import a_slate

DAYS = 20
METRICS = (
    MetricUse("conversion", "primary"),
    MetricUse("revenue_per_unit", "secondary"),
    MetricUse("ctr", "secondary"),
)


def a_past(n_units: int = 600, site: Site | None = None, **fields: Any) -> Experiment:
    """Return a draft on the home page of a site with so many visitors, of whom a fifth bought.

    Every third visitor came twice; every seventh list was clicked; half the buyers bought before.
    """
    site = site or a_site(is_simulated=True)
    slates: list[Slate] = []
    events: list[Event] = []
    for number in range(n_units):
        _visit(site, number, n_units, slates, events)
    events.append(event(site, "view_item", NOW, visitor_id="the last one"))
    Slate.objects.bulk_create(slates)
    Event.objects.bulk_create(events)
    return draft_of(site, **fields)


def draft_of(site: Site, **fields: Any) -> Experiment:
    """Return a draft with a binary, a mean and a ratio metric; the mean uses history and a cap."""
    experiment = draft_experiment(site, **fields)
    Metric.objects.filter(site=site).update(uses_cuped=False, winsor=None)
    Metric.objects.filter(site=site, key="revenue_per_unit").update(uses_cuped=True, winsor=0.99)
    choose(experiment, METRICS)
    return Experiment.objects.get(pk=experiment.pk)


def _visit(site: Site, number: int, n_units: int, slates: list[Slate], events: list[Event]) -> None:
    name = f"v-{number}"
    at = NOW - timedelta(days=DAYS * (number + 1) / n_units, microseconds=number)
    for visit in range(1 + (number % 3 == 0)):
        clicked = int(number % 7 == 0)
        shown = a_slate(
            site,
            at + timedelta(hours=visit),
            request_id=an_id(),
            visitor_id=name,
            clicked=clicked,
        )
        slates.append(shown)
        if clicked:
            clicks = {"visitor_id": name, "request_id": shown.request_id, "item_id": "a"}
            events.append(
                event(site, "select_item", at + timedelta(hours=visit, minutes=1), **clicks)
            )
    if number % 5 == 0:
        spent = {"visitor_id": name, "amount": 1_000 + 37 * number % 9_000}
        events.append(event(site, "purchase", at + timedelta(minutes=5), order_ref=name, **spent))
        if number % 2:
            events.append(event(site, "purchase", at - timedelta(days=3), order_ref="", **spent))
