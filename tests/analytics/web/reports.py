"""Runs with a computed report."""

from typing import Any

from analytics.models import Analysis
from analytics.services import compute_analysis, request_analysis
from experiments.models import Experiment
from tests.analytics.rows import Shares, a_run

EVEN = {"control": Shares(510, 0.2), "treatment": Shares(510, 0.2)}
BETTER = {"control": Shares(600, 0.2), "treatment": Shares(600, 0.4, 0.15)}
NOBODY = {"control": Shares(0, 0), "treatment": Shares(0, 0)}


def analyse(experiment: Experiment) -> Analysis:
    """Compute a report now."""
    done = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert done is not None
    assert done.error == ""
    return done


def reported(behaviour: dict[str, Shares] | None = None, **fields: Any) -> Experiment:
    """Return a run whose report is computed."""
    experiment = a_run(BETTER if behaviour is None else behaviour, **fields)
    analyse(experiment)
    return experiment


def results_of(experiment: Experiment) -> dict[str, Any]:
    """Return the results of a run's only report."""
    results = Analysis.objects.get(experiment=experiment).results
    assert results is not None
    return dict(results)
