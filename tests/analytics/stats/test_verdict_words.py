"""Words and stored form of a verdict, over every state."""

import json

import pytest

from analytics.stats.decision import decide
from analytics.stats.verdicts import DecisionInputs
from tests.analytics.stats.decision_cases import (
    FIXED,
    guardrail_of,
    inputs_of,
    several_of,
)

# Never written: see the words of the report.
FORBIDDEN = ("no effect", "likely to be better", "significant", "arm", "user", "%%", " %", "-")

STATES = [
    inputs_of(),
    inputs_of(0.015, 0.001),
    inputs_of(-0.024),
    inputs_of(guardrails=(guardrail_of(-0.03),)),
    inputs_of(guardrails=(guardrail_of(se=0.02),)),
    inputs_of(guardrails=(guardrail_of(se=0.02),), has_ended=True),
    inputs_of(counts=(51_000, 49_000), n_multiple=2000, gaps=("12 Nov",)),
    inputs_of(faults=("Treatment stopped logging.",)),
    inputs_of(counts=(0, 0)),
    inputs_of(0.002),
    inputs_of(0.002, harmless_margin=0.015),
    inputs_of(0.002, harmless_margin=0.015, guardrails=(guardrail_of(se=0.02),)),
    inputs_of(0.002, planned_units=150_000, harmless_margin=0.015),
    inputs_of(0.002, planned_units=150_000),
    inputs_of(0.002, planned_units=150_000, mde=None),
    inputs_of(0.01, 0.01, has_ended=True),
    inputs_of(monitoring=FIXED, days_elapsed=19),
    inputs_of(days_elapsed=3),
    inputs_of(days_elapsed=19),
    inputs_of(days_elapsed=30, has_ended=True),
    inputs_of(days_elapsed=1, has_ended=True),
    several_of(0.02, 0.04),
    several_of(0.013, 0.0, 0.0, mde=None),
    several_of(-0.04, 0.0),
]


@pytest.mark.parametrize("inputs", STATES)
def test_verdict__any_state__reads_as_plain_sentences(inputs: DecisionInputs) -> None:
    verdict = decide(inputs)
    sentences = (*verdict.sentences, *verdict.would_change)
    words = " ".join((f"{verdict.headline}.", *sentences))

    assert verdict.sentences
    assert verdict.would_change
    for sentence in sentences:
        assert sentence[0].isupper() or sentence[0].isdigit()
        assert sentence.endswith(".")
    plain = words.lower().replace("roll-out", "")
    assert not [phrase for phrase in FORBIDDEN if phrase in plain.replace("harm", "")]
    assert "None" not in words


@pytest.mark.parametrize("inputs", STATES)
def test_verdict__any_state__is_strict_json_with_four_criteria(inputs: DecisionInputs) -> None:
    stored = json.loads(json.dumps(decide(inputs).to_dict(), allow_nan=False))

    assert [each["code"] for each in stored["criteria"]] == [
        "data",
        "primary",
        "guardrails",
        "size",
    ]
    assert stored["treatments"][0]["primary"]["planned_n"] == 100_000
