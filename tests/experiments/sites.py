"""Sites whose experiments can be started, and where those stand in their layer."""

from typing import Any

from experiments.models import Allocation, Experiment, Site
from experiments.services import start_experiment
from tests.factories import a_site, draft_experiment, stocked, trained


def a_ready_site() -> Site:
    """Return a site whose recommenders can serve."""
    site = a_site()
    stocked(site, 8)
    trained(site, "popularity", "random")
    return site


def started(site: Site, key: str = "home-test", **fields: Any) -> Experiment:
    """Return a running experiment of a ready site."""
    return start_experiment(experiment_id=draft_experiment(site, key, **fields).pk, waiver="a test")


def range_of(experiment: Experiment) -> tuple[int, int]:
    """Return the buckets that the database says the experiment has."""
    return Allocation.objects.values_list("start", "stop").get(experiment=experiment)
