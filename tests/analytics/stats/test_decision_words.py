"""Verdicts say what is wrong once, name few treatments, and claim no guardrail that watches."""

from dataclasses import replace

import pytest

from analytics.stats.compare import compare_estimates
from analytics.stats.decision import decide
from analytics.stats.results import Comparison, Estimate, Kind
from analytics.stats.verdicts import CriterionState, TreatmentInputs, VerdictState
from tests.analytics.stats.decision_cases import comparison_of, guardrail_of, inputs_of, said

WIDE = 0.05  # a standard error that tells nothing apart


def many_of(count: int) -> tuple[TreatmentInputs, ...]:
    primary = replace(comparison_of(0.001, WIDE), p_adjusted=1.0)
    return tuple(TreatmentInputs(f"t{n}", f"T{n}", primary) for n in range(1, count + 1))


def alike(value: float) -> Comparison:
    same = Estimate(50_000, value, 0.0)
    return compare_estimates(Kind.MEAN, same, same, planned_n=100_000)


def test_decide__many_treatments_not_told_apart__are_told_in_one_sentence() -> None:
    inputs = replace(inputs_of(has_ended=True), treatments=many_of(9))

    verdict = decide(inputs)

    assert verdict.sentences == (
        "The test could not tell a small gain from a small loss with any of 9 treatments.",
    )


def test_decide__many_treatments_running__are_told_in_one_sentence() -> None:
    inputs = replace(inputs_of(planned_days=60, planned_units=200_000), treatments=many_of(4))

    verdict = decide(inputs)

    assert verdict.state is VerdictState.KEEP_RUNNING
    assert (
        verdict.sentences[0] == "So far a gain cannot be told from a loss with any of 4 treatments."
    )


def test_decide__two_treatments_not_told_apart__are_each_named() -> None:
    verdict = decide(replace(inputs_of(has_ended=True), treatments=many_of(2)))

    assert "with T1 (" in verdict.text
    assert "with T2 (" in verdict.text


def test_decide__split_and_faults__warn_of_reading_once() -> None:
    verdict = decide(inputs_of(counts=(51_000, 49_000), faults=("Control was away for 3 h.",)))

    assert verdict.sentences[0] == "Do not read results yet: the split is not as configured."
    assert said(verdict).count("Do not read results") == 1
    assert "Control was away for 3 h." in verdict.sentences


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_decide__units_do_not_differ__says_why_nothing_is_compared(value: float) -> None:
    inputs = inputs_of(has_ended=True)
    treatment = replace(inputs.treatments[0], primary=alike(value))

    verdict = decide(replace(inputs, treatments=(treatment,)))

    assert verdict.sentences == (
        "Revenue per unit could not be compared: every unit has the same value.",
    )


def test_decide__guardrail_that_only_watches__is_not_said_to_hold() -> None:
    watching = replace(guardrail_of(se=WIDE), must_be_shown=False)

    verdict = decide(inputs_of(guardrails=(guardrail_of(), watching)))

    assert verdict.state is VerdictState.SHIP
    assert said(verdict).endswith("No guardrail is beyond its limit.")
    assert verdict.criteria[2].state is CriterionState.OPEN
    assert verdict.criteria[2].detail == "1 of 2 shown to hold"


def test_decide__nobody_exposed__has_nothing_to_judge() -> None:
    verdict = decide(inputs_of(counts=(0, 0)))

    assert [each.state for each in verdict.criteria[:3]] == [CriterionState.OPEN] * 3
    assert verdict.criteria[1].detail == "nothing to judge yet"
