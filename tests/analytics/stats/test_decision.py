"""Every state of a decision with one treatment, in both monitoring modes."""

from dataclasses import replace

import pytest

from analytics.stats.compare import compare_estimates
from analytics.stats.decision import decide
from analytics.stats.formats import ValueFormat
from analytics.stats.results import Direction, Estimate, Kind, Monitoring
from analytics.stats.verdicts import (
    CriterionState,
    Guardrail,
    GuardrailState,
    Reason,
    VerdictState,
)
from tests.analytics.stats.decision_cases import (
    FIXED,
    comparison_of,
    guardrail_of,
    inputs_of,
    said,
)

BOTH = pytest.mark.parametrize("monitoring", list(Monitoring))


# One row per state.


@BOTH
def test_decide__clear_gain_and_guardrails_hold__ships(monitoring: Monitoring) -> None:
    verdict = decide(inputs_of(monitoring=monitoring))

    assert (verdict.state, verdict.treatment_key) == (VerdictState.SHIP, "hybrid")
    assert verdict.headline == "Ship Hybrid"
    assert verdict.reasons == (Reason.PRIMARY_BETTER,)
    assert said(verdict).startswith(
        "Revenue per unit rose by 3.1 %. The data are compatible with a rise between "
    )
    assert said(verdict).endswith("Guardrails are within limits.")
    assert [each.state for each in verdict.criteria] == [CriterionState.MET] * 4


@BOTH
def test_decide__primary_wholly_below_zero__stops(monitoring: Monitoring) -> None:
    verdict = decide(inputs_of(-0.024, monitoring=monitoring))

    assert (verdict.state, verdict.headline) == (VerdictState.STOP, "Stop, do not ship")
    assert verdict.reasons == (Reason.PRIMARY_WORSE,)
    assert said(verdict).startswith(
        "Revenue per unit fell by 2.4 %. The data are compatible with a fall between "
    )


@BOTH
def test_decide__guardrail_beyond_its_limit__stops_in_spite_of_a_gain(
    monitoring: Monitoring,
) -> None:
    verdict = decide(
        inputs_of(guardrails=(guardrail_of(-0.03, monitoring=monitoring),), monitoring=monitoring)
    )

    assert (verdict.state, verdict.reasons) == (VerdictState.STOP, (Reason.GUARDRAIL_EXCEEDED,))
    assert "Orders per unit is beyond its limit of 1 %." in said(verdict)
    assert verdict.criteria[2].state is CriterionState.NOT_MET


@BOTH
def test_decide__split_not_as_configured__withholds_everything(monitoring: Monitoring) -> None:
    verdict = decide(inputs_of(monitoring=monitoring, counts=(51_000, 49_000)))

    assert (verdict.state, verdict.headline) == (VerdictState.WITHHELD, "Verdict withheld")
    assert verdict.reasons == (Reason.SPLIT,)
    assert "less than once in 10,000 tests" in said(verdict)
    assert [each.state for each in verdict.criteria[:3]] == [
        CriterionState.NOT_MET,
        CriterionState.WITHHELD,
        CriterionState.WITHHELD,
    ]


def test_decide__split_rarer_than_the_threshold__says_how_rare() -> None:
    verdict = decide(inputs_of(counts=(50_570, 49_430)))

    assert "by chance about once in 3," in said(verdict)


def test_decide__units_in_several_variants_or_gaps__withholds() -> None:
    verdict = decide(inputs_of(n_multiple=2000, gaps=("12 Nov", "13 Nov")))

    assert verdict.reasons == (Reason.MULTIPLE_EXPOSURE, Reason.DATA_GAP)
    assert "2.0 % of units met several variants" in said(verdict)
    assert "(12 Nov and 13 Nov)" in said(verdict)


def test_decide__a_fault_of_the_data__withholds_a_win_and_tells_it() -> None:
    verdict = decide(inputs_of(faults=("Treatment stopped logging.",)))

    assert (verdict.state, verdict.reasons) == (VerdictState.WITHHELD, (Reason.FAULT,))
    assert "the data cannot be trusted. Treatment stopped logging." in said(verdict)
    assert verdict.criteria[0].state is CriterionState.NOT_MET
    assert verdict.would_change == (
        "A new phase in which the checks of the data pass gives a verdict.",
    )


def test_decide__invalid_data_with_harm__is_withheld_not_stopped() -> None:
    assert decide(inputs_of(-0.05, counts=(51_000, 49_000))).state is VerdictState.WITHHELD


def test_decide__no_units__is_no_data() -> None:
    verdict = decide(inputs_of(counts=(0, 0), days_elapsed=0))

    assert (verdict.state, verdict.headline) == (VerdictState.NO_DATA, "No data yet")


@BOTH
def test_decide__small_interval_at_the_planned_size__is_no_meaningful_gain(
    monitoring: Monitoring,
) -> None:
    verdict = decide(inputs_of(0.002, monitoring=monitoring))

    assert (verdict.state, verdict.reasons) == (VerdictState.NO_GAIN, (Reason.WITHIN_MDE,))
    assert said(verdict).startswith(
        "A difference, if any, is smaller than the 2 % you asked to detect."
    )


def test_decide__small_interval_before_the_planned_size__keeps_running() -> None:
    verdict = decide(inputs_of(0.002, planned_units=150_000, planned_days=None))

    assert (verdict.state, verdict.days_left) == (VerdictState.KEEP_RUNNING, 14)
    assert said(verdict).startswith("So far anything from −")
    assert said(verdict).endswith("About 14 more days are needed to detect a 2 % change.")


def test_decide__days_alone_planned__does_not_say_that_they_suffice() -> None:
    verdict = decide(inputs_of(0.002, planned_units=None, planned_days=35))

    assert verdict.state is VerdictState.KEEP_RUNNING
    assert said(verdict).endswith(
        f"{verdict.days_left} more days are planned to detect a 2 % change."
    )


def test_decide__undecided_at_the_planned_size__runs_on_to_twice_that() -> None:
    inputs = inputs_of(0.01, 0.01)
    twice = inputs_of(0.01, 0.01, planned_units=50_000)

    assert (decide(inputs).state, decide(inputs).days_left) == (VerdictState.KEEP_RUNNING, 28)
    assert "ends at twice that, in about 28 days." in decide(inputs).text
    assert decide(twice).state is VerdictState.INCONCLUSIVE
    assert said(decide(twice)).startswith(
        "The test could not tell a small gain from a small loss (−"
    )


def test_decide__undecided_at_a_fixed_end__is_inconclusive() -> None:
    verdict = decide(inputs_of(0.01, 0.01, monitoring=FIXED))

    assert (verdict.state, verdict.reasons) == (VerdictState.INCONCLUSIVE, (Reason.NOT_TOLD_APART,))


def test_decide__undecided_without_a_plan__keeps_running() -> None:
    verdict = decide(inputs_of(0.01, 0.01, planned_units=None, planned_days=None))

    assert (verdict.state, verdict.days_left) == (VerdictState.KEEP_RUNNING, None)
    assert said(verdict).endswith("Keep running until the planned size is reached.")


def test_decide__undecided_when_ended__is_inconclusive() -> None:
    assert decide(inputs_of(0.01, 0.01, has_ended=True)).state is VerdictState.INCONCLUSIVE


# What cannot be computed.


@pytest.mark.parametrize(
    ("has_ended", "state", "words"),
    [
        (False, VerdictState.DO_NOT_READ, "The variants have too few units"),
        (True, VerdictState.INCONCLUSIVE, "The variants had too few units"),
    ],
)
def test_decide__too_few_units__cannot_be_read(
    has_ended: bool, state: VerdictState, words: str
) -> None:
    inputs = inputs_of(has_ended=has_ended, counts=(400, 400), guardrails=())
    few = replace(inputs.treatments[0], primary=comparison_of(0.1, n=400))

    verdict = decide(replace(inputs, treatments=(few,)))

    assert (verdict.state, verdict.reasons) == (state, (Reason.TOO_FEW_UNITS,))
    assert verdict.text.startswith(words)


@pytest.mark.parametrize(
    ("has_ended", "state"), [(False, VerdictState.KEEP_RUNNING), (True, VerdictState.INCONCLUSIVE)]
)
def test_decide__metric_without_variance__is_named(has_ended: bool, state: VerdictState) -> None:
    inputs = inputs_of(has_ended=has_ended)
    constant = replace(inputs.treatments[0], primary=comparison_of(0.0, 0.0))

    verdict = decide(replace(inputs, treatments=(constant,)))

    assert (verdict.state, verdict.reasons) == (state, (Reason.NOT_COMPUTABLE,))
    assert "be compared" in verdict.text


def test_decide__no_lift_can_be_given__tells_the_effect_in_money() -> None:
    inputs = inputs_of(guardrails=())
    primary = compare_estimates(
        Kind.MEAN, Estimate(50_000, 0.0, 0.0), Estimate(50_000, 250.0, 100.0), planned_n=100_000
    )
    treatment = replace(inputs.treatments[0], primary=primary)
    money = ValueFormat("money", currency="EUR")

    verdict = decide(replace(inputs, treatments=(treatment,), value_format=money))

    assert verdict.state is VerdictState.SHIP
    assert verdict.text.startswith("Revenue per unit rose by €2.50. ")


# Guardrails.


def test_decide__guardrail_not_shown_to_hold__does_not_ship() -> None:
    verdict = decide(inputs_of(guardrails=(guardrail_of(se=0.02),)))

    assert (verdict.state, verdict.reasons) == (VerdictState.KEEP_RUNNING, (Reason.GUARDRAIL_OPEN,))
    assert "Not yet shown to stay within limits: Orders per unit." in verdict.text
    assert verdict.criteria[2].detail == "0 of 1 shown to hold"


def test_decide__guardrail_where_less_is_better__is_judged_the_other_way() -> None:
    slower = replace(guardrail_of(0.03), direction=Direction.DOWN)

    assert decide(inputs_of(guardrails=(slower,))).state is VerdictState.STOP
    assert (
        decide(inputs_of(guardrails=(replace(slower, direction=Direction.UP),))).state
        is VerdictState.SHIP
    )


def test_decide__guardrail_without_margin__never_holds_back_a_launch() -> None:
    vague = replace(guardrail_of(se=0.02), margin=None)
    harmed = replace(guardrail_of(-0.03), margin=None)

    assert decide(inputs_of(guardrails=(vague,))).state is VerdictState.SHIP
    assert decide(inputs_of(guardrails=(harmed,))).state is VerdictState.STOP


def test_decide__fault_never_seen_in_either_variant__holds() -> None:
    never = compare_estimates(Kind.BINARY, Estimate(50_000, 0.0, 0.0), Estimate(50_000, 0.0, 0.0))
    fallback = Guardrail("fallback", "Fallback share", never, Direction.DOWN, margin=0.1)

    verdict = decide(inputs_of(guardrails=(fallback,)))

    assert verdict.state is VerdictState.SHIP
    assert verdict.treatments[0].guardrails[0].state is GuardrailState.HOLDS


# Direction, size of the effect.


def test_decide__metric_where_less_is_better__ships_a_fall() -> None:
    falls = decide(inputs_of(-0.031, direction=Direction.DOWN))
    rises = decide(inputs_of(0.031, direction=Direction.DOWN))

    assert (falls.state, rises.state) == (VerdictState.SHIP, VerdictState.STOP)
    assert falls.text.startswith("Revenue per unit fell by 3.1")


def test_decide__gain_below_the_planned_effect__is_likely_overstated() -> None:
    small = decide(inputs_of(0.015, 0.001))
    large = decide(inputs_of(0.031, 0.001))

    assert "likely overstated; expect less after roll-out" in small.text
    assert "overstated" not in large.text
