"""When a decision may be read: fixed horizons, two weeks, whole weeks."""

from dataclasses import replace

import pytest

from analytics.errors import InvalidInputError
from analytics.stats.decision import decide
from analytics.stats.verdicts import (
    CriterionState,
    VerdictState,
)
from tests.analytics.stats.decision_cases import (
    FIXED,
    WATCHED,
    inputs_of,
    said,
)

# Fixed horizon.


def test_decide__fixed_before_its_end__does_not_read_even_a_gain() -> None:
    verdict = decide(inputs_of(monitoring=FIXED, days_elapsed=19))

    assert (verdict.state, verdict.days_left) == (VerdictState.DO_NOT_READ, 9)
    assert verdict.sentences[0] == "Do not read yet: fixed horizon, 9 days left."
    assert verdict.criteria[1].state is CriterionState.WITHHELD
    assert "3.1" not in verdict.text


def test_decide__fixed_with_units_only__estimates_the_days_left() -> None:
    verdict = decide(
        inputs_of(monitoring=FIXED, days_elapsed=20, planned_units=105_000, planned_days=None)
    )

    assert verdict.sentences[0] == "Do not read yet: fixed horizon, 1 day left."


def test_decide__fixed_before_its_end__judges_harm_by_the_always_valid_interval() -> None:
    # 2.5 standard errors: beyond the fixed critical value, within the always-valid one.
    slight = decide(inputs_of(-0.010, monitoring=FIXED, days_elapsed=19))
    clear = decide(inputs_of(-0.024, monitoring=FIXED, days_elapsed=19))

    assert slight.state is VerdictState.DO_NOT_READ
    assert decide(inputs_of(-0.010, monitoring=FIXED)).state is VerdictState.STOP
    assert clear.state is VerdictState.STOP
    assert clear.treatments[0].primary.monitoring is WATCHED


def test_decide__fixed_without_a_plan__raises() -> None:
    with pytest.raises(InvalidInputError, match="fixed horizon"):
        inputs_of(monitoring=FIXED, planned_units=None, planned_days=None)


def test_decide__primary_of_another_mode__raises() -> None:
    with pytest.raises(InvalidInputError, match="monitored"):
        replace(inputs_of(monitoring=FIXED), monitoring=WATCHED)


def test_decide__no_treatment__raises() -> None:
    with pytest.raises(InvalidInputError):
        replace(inputs_of(), treatments=())


# The two-week gate holds back rules 3 and 4 only.


@pytest.mark.parametrize(
    ("lift", "days", "state", "days_left"),
    [
        (0.031, 3, VerdictState.DO_NOT_READ, 11),
        (0.031, 13, VerdictState.DO_NOT_READ, 1),
        (0.031, 14, VerdictState.SHIP, None),
        (0.031, 19, VerdictState.DO_NOT_READ, 2),
        (0.031, 21, VerdictState.SHIP, None),
        (0.002, 19, VerdictState.DO_NOT_READ, 2),
        (0.002, 21, VerdictState.NO_GAIN, None),
        (0.010, 3, VerdictState.DO_NOT_READ, 11),
        (0.010, 19, VerdictState.KEEP_RUNNING, 19),
        (-0.03, 3, VerdictState.STOP, None),
        (-0.03, 19, VerdictState.STOP, None),
    ],
)
def test_decide__days_elapsed__gate_ship_and_no_gain_but_not_harm(
    lift: float, days: int, state: VerdictState, days_left: int | None
) -> None:
    verdict = decide(inputs_of(lift, days_elapsed=days))

    assert (verdict.state, verdict.days_left) == (state, days_left)


def test_decide__early_days__say_when_results_can_be_read() -> None:
    assert said(decide(inputs_of(days_elapsed=3))) == (
        "Day 3 of 28: results can be read in 11 days. "
        "A verdict needs 14 days, so that every weekday counts twice."
    )
    assert decide(inputs_of(days_elapsed=3)).headline == "Do not read yet"
    assert said(decide(inputs_of(days_elapsed=19))).startswith("Results can be read in 2 days, ")


def test_decide__ended_within_a_week__points_to_the_whole_weeks() -> None:
    verdict = decide(inputs_of(days_elapsed=30, has_ended=True))

    assert verdict.state is VerdictState.DO_NOT_READ
    assert "first 28 days" in verdict.text


def test_decide__ended_before_two_weeks__is_inconclusive() -> None:
    verdict = decide(inputs_of(days_elapsed=10, has_ended=True))

    assert verdict.state is VerdictState.INCONCLUSIVE
    assert verdict.sentences[0] == "The test ended after 10 days."
