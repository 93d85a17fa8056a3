"""A site for each of Segment's libraries, with an experiment under way and a key to write with."""

from typing import Any

from experiments.keys import create_api_key
from experiments.models import ApiKey
from tests.factories import a_site, running_experiment

LIBRARIES = ("python", "node")


def equip() -> dict[str, Any]:
    """Make the sites; return the write key of each."""
    keys = {}
    for name in LIBRARIES:
        site = a_site(name)
        running_experiment(site)
        _row, keys[name] = create_api_key(site=site, name="page", kind=ApiKey.Kind.PUBLISHABLE)
    return keys


def report(site: str) -> dict[str, Any]:
    """Return what the report of a site's experiment says of each variant."""
    from analytics.services import compute_analysis, request_analysis
    from experiments.models import Experiment

    row = Experiment.objects.get(site__slug=site)
    done = compute_analysis(analysis_id=request_analysis(experiment=row).pk)
    assert done is not None
    assert done.results is not None
    return {metric["key"]: metric["values"] for metric in done.results["metrics"]}
