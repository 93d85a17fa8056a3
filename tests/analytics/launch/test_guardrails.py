"""The launch check of guardrails: a margin says how much may be lost."""

import pytest

from analytics.launch.guardrails import guardrail_checks
from analytics.models import ExperimentMetric, Metric
from experiments.models import Experiment
from experiments.registries import LAUNCH_CHECKS

pytestmark = pytest.mark.django_db


def guard(experiment: Experiment, key: str, margin: float | None) -> None:
    metric = Metric.objects.get(site=experiment.site, key=key)
    ExperimentMetric.objects.create(
        experiment=experiment, metric=metric, role="guardrail", margin=margin
    )


def test_guardrail__without_a_margin__is_warned_of_by_name(experiment: Experiment) -> None:
    guard(experiment, "ctr", 0.05)
    guard(experiment, "aov", None)

    (check,) = guardrail_checks(experiment)

    assert (check.passed, check.is_hard, check.code) == (False, False, "guardrail_margin")
    assert check.detail == "no margin: Average order value"


@pytest.mark.parametrize("is_chosen", [True, False])
def test_guardrail__with_a_margin_or_the_sites_own__passes(
    experiment: Experiment, *, is_chosen: bool
) -> None:
    if is_chosen:
        guard(experiment, "ctr", 0.05)

    (check,) = guardrail_checks(experiment)

    assert check.passed


def test_guardrail_check__before_a_launch__is_asked() -> None:
    assert guardrail_checks in LAUNCH_CHECKS
