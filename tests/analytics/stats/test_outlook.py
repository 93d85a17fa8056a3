"""What would change a verdict, and the sizes that no decision accepts."""

import math
from dataclasses import replace
from typing import Any

import pytest

from analytics.errors import InvalidInputError
from analytics.stats.decision import decide
from analytics.stats.results import Direction
from analytics.stats.verdicts import DecisionInputs, Verdict, VerdictState
from tests.analytics.stats.decision_cases import (
    FIXED,
    comparison_of,
    guardrail_of,
    inputs_of,
    several_of,
)


def outlook(verdict: Verdict) -> str:
    return " ".join(verdict.would_change).replace("\N{NARROW NO-BREAK SPACE}", " ")


CASES = [
    (inputs_of(counts=(0, 0)), VerdictState.NO_DATA, "The first exposed unit opens the report."),
    (
        inputs_of(counts=(51_000, 49_000)),
        VerdictState.WITHHELD,
        "A new phase whose split is as configured gives a verdict.",
    ),
    (
        inputs_of(n_multiple=2000, gaps=("12 Nov",)),
        VerdictState.WITHHELD,
        "A new phase in which at most 1 % of units meet several variants gives a verdict. "
        "The missing data, once they are in, give a verdict.",
    ),
    (
        inputs_of(-0.024, 0.004),
        VerdictState.STOP,
        "A range that reaches 0 again would lift this: its near end is −1.2 %.",
    ),
    (
        inputs_of(guardrails=(guardrail_of(-0.03),)),
        VerdictState.STOP,
        "Orders per unit back at its limit of 1 % would lift this.",
    ),
    (
        inputs_of(0.031, 0.004),
        VerdictState.SHIP,
        "A range that reaches 0 again would withdraw this: its near end is +1.9 %. "
        "So would a guardrail that is no longer shown to stay within its limit.",
    ),
    (
        inputs_of(0.002, harmless_margin=0.015, guardrails=()),
        VerdictState.SHIP,
        "A range that reaches −1.5 % again would withdraw this: its near end is −1.0 %.",
    ),
    (
        inputs_of(0.002),
        VerdictState.NO_GAIN,
        "A new test with more units, planned for less than 2 %, could still tell a gain.",
    ),
    (
        inputs_of(monitoring=FIXED, days_elapsed=19),
        VerdictState.DO_NOT_READ,
        "9 days more; harm would stop it before.",
    ),
    (
        inputs_of(days_elapsed=30, has_ended=True),
        VerdictState.DO_NOT_READ,
        "Reading its first 28 days.",
    ),
    (
        inputs_of(0.01, 0.01),
        VerdictState.KEEP_RUNNING,
        "To ship, the range must lie wholly above 0: it reaches to −2.0 %. "
        "To end without a gain, the range must lie within ±2 %.",
    ),
    (
        inputs_of(0.01, 0.01, direction=Direction.DOWN, planned_units=150_000),
        VerdictState.KEEP_RUNNING,
        "To ship, the range must lie wholly below 0: it reaches to +4.1 %. "
        "To end without a gain, the range must lie within ±2 % at the planned size.",
    ),
    (
        inputs_of(guardrails=(guardrail_of(se=0.02),), mde=None),
        VerdictState.KEEP_RUNNING,
        "To ship, Orders per unit must be shown to stay within 1 %: "
        "−5.4 % is still compatible with the data.",
    ),
    (
        several_of(0.013, 0.0, 0.0, mde=None),
        VerdictState.KEEP_RUNNING,
        "To ship with B, the corrected p must be below 0.05: it is 0.08",
    ),
    (
        inputs_of(0.01, 0.01, has_ended=True),
        VerdictState.INCONCLUSIVE,
        "A new phase with more units could tell: the range narrows as they come.",
    ),
    (
        inputs_of(days_elapsed=1, has_ended=True),
        VerdictState.INCONCLUSIVE,
        "A new phase of at least 14 days could tell.",
    ),
]


@pytest.mark.parametrize(("inputs", "state", "words"), CASES)
def test_outlook__any_state__says_how_far_the_next_one_is(
    inputs: DecisionInputs, state: VerdictState, words: str
) -> None:
    verdict = decide(inputs)

    assert verdict.state is state
    assert outlook(verdict).startswith(words)


def test_outlook__too_few_units__says_how_many_are_needed() -> None:
    inputs = inputs_of(counts=(400, 400), guardrails=())
    few = replace(inputs.treatments[0], primary=comparison_of(0.1, n=400))

    verdict = decide(replace(inputs, treatments=(few,)))

    assert outlook(verdict) == "500 units in each variant, or 100 that converted."


@pytest.mark.parametrize("has_ended", [True, False])
def test_outlook__metric_without_variance__needs_some(has_ended: bool) -> None:
    inputs = inputs_of(has_ended=has_ended, mde=None)
    constant = replace(inputs.treatments[0], primary=comparison_of(0.0, 0.0))

    verdict = decide(replace(inputs, treatments=(constant,)))

    assert outlook(verdict).startswith("Revenue per unit has to differ between units")


@pytest.mark.parametrize(
    "wrong",
    [
        {"days_elapsed": -1},
        {"planned_days": -1},
        {"planned_units": 0},
        {"mde": 0.0},
        {"mde": math.nan},
        {"mde": math.inf},
        {"harmless_margin": -0.01},
        {"harmless_margin": math.nan},
        {"guardrail_alpha": 1.0},
        {"guardrail_alpha": math.nan},
    ],
)
def test_inputs__sizes_that_cannot_be__are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        replace(inputs_of(), **wrong)
