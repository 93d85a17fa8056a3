"""What a ramp waits for: a fresh analysis, an even split, and nobody harmed."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.launch.gates import ramp_checks
from analytics.models import Analysis, ExperimentMetric, Metric
from analytics.services import compute_analysis, request_analysis
from experiments.models import Experiment, RampStep
from experiments.registries import RAMP_GATES
from experiments.services.ramps import shut_gates
from tests.analytics.rows import Shares, a_run

pytestmark = pytest.mark.django_db
ALIKE = Shares(400, 0.25)


def a_ramped_run(**behaviour: Shares) -> Experiment:
    """Return a running experiment of three weeks whose last ramp step was opened just now."""
    units = {"control": ALIKE, "treatment": ALIKE} | behaviour
    experiment = a_run(units, days=21, has_ended=False)
    RampStep.objects.create(experiment=experiment, position=0, percent=5, applied_at=timezone.now())
    return experiment


def analysed(experiment: Experiment) -> Analysis:
    analysis = compute_analysis(analysis_id=request_analysis(experiment=experiment).pk)
    assert analysis is not None
    assert analysis.status == "ready", analysis.error
    return analysis


def shut(experiment: Experiment) -> dict[str, str]:
    """Return what is shut, with what it says."""
    return {check.code: check.detail for check in shut_gates(experiment)}


def test_gate__of_this_room__is_in_the_registry() -> None:
    assert ramp_checks in RAMP_GATES


def test_gate__with_a_fresh_analysis_that_shows_no_harm__is_open() -> None:
    experiment = a_ramped_run()
    analysed(experiment)

    checks = ramp_checks(experiment)

    assert [(check.code, check.passed) for check in checks] == [
        ("ramp_analysis", True), ("ramp_split", True), ("ramp_harm", True),
    ]  # fmt: skip


def test_gate__without_an_analysis__is_shut() -> None:
    assert shut(a_ramped_run()) == {"ramp_analysis": "none is ready"}


def test_gate__with_an_analysis_from_before_the_last_step__is_shut() -> None:
    experiment = a_ramped_run()
    analysed(experiment)
    RampStep.objects.update(applied_at=timezone.now() + timedelta(seconds=1))

    assert shut(experiment) == {"ramp_analysis": "older than the last step"}


def test_gate__with_a_broken_split__is_shut() -> None:
    experiment = a_ramped_run(treatment=Shares(200, 0.25))
    analysed(experiment)

    found = shut(experiment)

    assert set(found) == {"ramp_split"}
    assert found["ramp_split"].startswith("p = ")


@pytest.mark.parametrize(
    ("role", "reason"), [("primary", "primary worse"), ("guardrail", "guardrail exceeded")]
)
def test_gate__with_harm_that_is_shown__is_shut_and_names_the_treatment(
    role: str, reason: str
) -> None:
    experiment = a_ramped_run(control=Shares(2_000, 0.5), treatment=Shares(2_000, 0.2))
    metric = Metric.objects.get(site=experiment.site, key="conversion")
    primary = metric if role == "primary" else Metric.objects.get(site=experiment.site, key="ctr")
    _measure(experiment, primary, metric if role == "guardrail" else None)
    analysed(experiment)

    assert shut(experiment) == {"ramp_harm": f"Treatment: {reason}"}


def _measure(experiment: Experiment, primary: Metric, guardrail: Metric | None) -> None:
    uses: list[dict[str, Any]] = [{"metric": primary, "role": "primary"}]
    if guardrail is not None:
        uses.append({"metric": guardrail, "role": "guardrail", "margin": 0.02})
    for use in uses:
        ExperimentMetric.objects.create(experiment=experiment, **use)
