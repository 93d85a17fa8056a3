"""The weeks behind a plan are read once in some minutes, and never behind a change."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.launch import lately
from analytics.launch.asked import Asked
from analytics.launch.planner import CannotPlan, ExperimentPlan, plan_experiment
from analytics.models import Metric
from experiments.models import Experiment
from tests.analytics.launch.shop import choose, visit

pytestmark = pytest.mark.django_db


def planned(experiment: Experiment, **asked: object) -> tuple[ExperimentPlan, int]:
    """Return the plan, and how many statements over lists it took."""
    fresh = Experiment.objects.get(pk=experiment.pk)
    with CaptureQueriesContext(connection) as queries:
        plan = plan_experiment(fresh, Asked.of(fresh, **asked))
    return plan, sum("experiments_slate" in each["sql"] for each in queries)


@pytest.fixture
def planning(experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    monkeypatch.setattr(lately, "STEP_US", 10**18)  # no minute ends between two plans
    choose(experiment, conversion="primary")
    visit(experiment, 1000, 200)
    return experiment


def test_plan__asked_with_other_choices__reads_no_list_again(planning: Experiment) -> None:
    first, read = planned(planning, lift=0.3)
    second, again = planned(planning, lift=0.2, power=0.9)

    assert (read > 0, again) == (True, 0)
    assert second.until_us == first.until_us
    assert (second.metrics[0].n_needed or 0) > (first.metrics[0].n_needed or 0)


def test_plan__of_a_changed_metric__reads_again(planning: Experiment) -> None:
    planned(planning)
    Metric.objects.filter(key="conversion").update(uses_cuped=False)

    plan, read = planned(planning)

    assert read > 0
    assert not plan.metrics[0].known.uses_past


def test_plan__minutes_later__reads_again(
    planning: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    _first, read = planned(planning)
    monkeypatch.setattr(lately, "STEP_US", 1)
    _second, again = planned(planning)

    assert (read > 0, again > 0) == (True, True)


def test_plan__of_too_few_units__is_asked_anew_each_time(experiment: Experiment) -> None:
    choose(experiment, conversion="primary")
    visit(experiment, 20, 4)
    with pytest.raises(CannotPlan):
        planned(experiment)
    visit(experiment, 1000, 200)

    plan, _read = planned(experiment)

    assert plan.crowd.cumulative[-1] >= 1000


def test_weeks__of_many_questions__stay_few(
    planning: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lately, "MOST", 2)

    for window in (1, 2, 3, 4, 5):
        Experiment.objects.filter(pk=planning.pk).update(window_days=window)
        planned(planning)

    assert 0 < len(lately._kept) <= 2
