"""Changes that only have to be harmless: shipped within their limit, without a claimed gain."""

from dataclasses import replace

import pytest

from analytics.stats.decision import decide
from analytics.stats.results import Direction, Monitoring
from analytics.stats.verdicts import CriterionState, Reason, VerdictState
from tests.analytics.stats.decision_cases import guardrail_of, inputs_of, said, several_of


@pytest.mark.parametrize("monitoring", list(Monitoring))
def test_harmless__bad_end_within_its_limit_at_the_planned_size__ships(
    monitoring: Monitoring,
) -> None:
    verdict = decide(inputs_of(0.002, monitoring=monitoring, harmless_margin=0.015))

    assert (verdict.state, verdict.reasons) == (VerdictState.SHIP, (Reason.HARMLESS,))
    assert said(verdict).startswith(
        "Revenue per unit is within the limit of −1.5 % set for a change that only has to be "
        "harmless. The data are compatible with −"
    )
    assert said(verdict).endswith("Guardrails are within limits.")
    assert (verdict.criteria[1].state, verdict.criteria[1].detail) == (
        CriterionState.MET,
        "within its limit",
    )


def test_harmless__less_is_better__is_limited_above() -> None:
    fell = inputs_of(-0.002, harmless_margin=0.015, direction=Direction.DOWN)

    verdict = decide(fell)

    assert (verdict.state, verdict.reasons) == (VerdictState.SHIP, (Reason.HARMLESS,))
    assert "within the limit of +1.5 %" in said(verdict)


def test_harmless__wholly_above_zero__ships_for_its_gain() -> None:
    verdict = decide(inputs_of(0.031, harmless_margin=0.015))

    assert verdict.reasons == (Reason.PRIMARY_BETTER,)
    assert "rose by 3.1 %" in said(verdict)


def test_harmless__before_the_planned_size__keeps_running() -> None:
    verdict = decide(inputs_of(0.002, planned_units=150_000, harmless_margin=0.015))

    assert (verdict.state, verdict.reasons) == (
        VerdictState.KEEP_RUNNING,
        (Reason.NOT_TOLD_APART,),
    )


def test_harmless__bad_end_beyond_its_limit__is_no_gain() -> None:
    verdict = decide(inputs_of(0.002, harmless_margin=0.005))

    assert (verdict.state, verdict.reasons) == (VerdictState.NO_GAIN, (Reason.WITHIN_MDE,))


def test_harmless__guardrail_open__waits_for_it() -> None:
    open_one = (guardrail_of(se=0.02),)

    verdict = decide(inputs_of(0.002, harmless_margin=0.015, guardrails=open_one))

    assert (verdict.state, verdict.reasons) == (
        VerdictState.KEEP_RUNNING,
        (Reason.GUARDRAIL_OPEN,),
    )


def test_harmless__one_of_several__is_named_without_a_correction() -> None:
    inputs = replace(several_of(0.002, -0.006), harmless_margin=0.015)

    verdict = decide(inputs)

    assert (verdict.state, verdict.treatment_key) == (VerdictState.SHIP, "b")
    assert "harmless with B" in verdict.text
    assert "correction" not in verdict.text
