"""Experiments under way, with units and a past, for the pages that show them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from experiments import services
from experiments.clock import microseconds
from experiments.models import Experiment, Exposure, Site
from experiments.services import RampDraft, VariantDraft
from tests.factories import draft_experiment, stocked, trained

BASE = "/admin/experiments/experiment"


def context_of(answer: Any) -> dict[str, Any]:
    """Return what the template of an answer was given."""
    found: dict[str, Any] = answer.context_data
    return found


def page_url(experiment: Experiment) -> str:
    """Return the address of an experiment's page."""
    return f"{BASE}/{experiment.pk}/change/"


def act_url(experiment: Experiment, act: str) -> str:
    """Return the address of an act."""
    return f"{BASE}/{experiment.pk}/{act}/"


def step_url(experiment: Experiment, step: str) -> str:
    """Return the address of a step."""
    return f"{BASE}/{experiment.pk}/step/{step}/"


def ramped(site: Site, key: str = "home-test", *, percents: Any = (5, 25, 100)) -> Experiment:
    """Return a running experiment whose ramp stands at its first step."""
    stocked(site)
    trained(site, "popularity", "random")
    experiment = draft_experiment(
        site,
        key,
        allocation=5_000,
        hypothesis_change="the list fits the shopper",
        hypothesis_because="most visitors never scroll",
    )
    steps = [RampDraft(percent, 24 * bool(place)) for place, percent in enumerate(percents)]
    services.set_ramp(experiment_id=experiment.pk, steps=steps, actor="ines")
    return services.start_experiment(experiment_id=experiment.pk, actor="ines", waiver="a trial")


def many_variants(count: int) -> list[VariantDraft]:
    """Return so many variants, the first of them the control."""
    return [
        VariantDraft(
            key=f"v{place}",
            name=f"Variant number {place}, with a name that says what it shows",
            is_control=place == 0,
            parameters={"recommender": "random" if place else "popularity"},
        )
        for place in range(count)
    ]


def exposed(experiment: Experiment, n_units: int, *, newest: datetime | None = None) -> None:
    """Let so many units meet the variants, unevenly, one every ten minutes up to `newest`."""
    variants = list(experiment.variants.all())
    last = newest or timezone.now() - timedelta(minutes=1)
    rows = []
    for number in range(n_units):
        at = last - timedelta(minutes=10 * number)
        rows.append(
            Exposure(
                experiment=experiment,
                phase=experiment.phase,
                unit_id=f"u{experiment.phase}-{number}",
                variant=variants[number * number % 7 % len(variants)],
                first_at=at,
                ts_us=microseconds(at),
                day=at.date().isoformat(),
            )
        )
    Exposure.objects.bulk_create(rows)


def status(experiment: Experiment) -> str:
    """Return the status as stored."""
    return Experiment.objects.get(pk=experiment.pk).status
