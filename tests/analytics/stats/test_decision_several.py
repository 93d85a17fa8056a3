"""Decisions between several treatments."""

from dataclasses import replace

from analytics.stats.decision import decide
from analytics.stats.multiplicity import Adjustment, adjust
from analytics.stats.results import Direction
from analytics.stats.verdicts import (
    CriterionState,
    Reason,
    VerdictState,
)
from tests.analytics.stats.decision_cases import (
    inputs_of,
    several_of,
)


def test_decide__several_may_ship__names_the_best() -> None:
    verdict = decide(several_of(0.02, 0.04, 0.03))

    assert (verdict.state, verdict.treatment_key, verdict.headline) == (
        VerdictState.SHIP,
        "c",
        "Ship C",
    )
    assert "rose by 4.0" in verdict.text
    assert "with C" in verdict.text
    assert "after correction for 3 treatments" in verdict.text
    assert verdict.criteria[1].detail == "3 wholly above 0"


def test_decide__less_is_better_and_several_may_ship__names_the_lowest() -> None:
    assert decide(several_of(-0.02, -0.04, direction=Direction.DOWN)).treatment_key == "c"


def test_decide__gain_lost_to_the_correction__is_not_shipped() -> None:
    # z = 3.25 is beyond the always-valid 3.04 alone, but not beyond it among three.
    alone, among = inputs_of(0.013), several_of(0.013, 0.0, 0.0, mde=None)

    verdict = decide(among)

    assert decide(replace(alone, mde=None)).state is VerdictState.SHIP
    assert verdict.state is VerdictState.KEEP_RUNNING
    assert verdict.treatments[0].reasons == (Reason.NOT_AFTER_ADJUSTMENT,)
    assert verdict.criteria[1].state is CriterionState.OPEN
    assert verdict.criteria[1].detail == "1 wholly above 0, 2 around 0"
    assert "Corrected for 3 treatments, it is not told apart from zero." in verdict.text


def test_decide__p_values_adjusted_before__are_used_as_they_are() -> None:
    inputs = several_of(0.02, 0.04)
    primaries = adjust([each.primary for each in inputs.treatments], Adjustment.BONFERRONI)
    treatments = tuple(
        replace(each, primary=primary)
        for each, primary in zip(inputs.treatments, primaries, strict=True)
    )

    verdict = decide(replace(inputs, treatments=treatments))

    assert [each.primary.adjustment for each in verdict.treatments] == ["bonferroni"] * 2


def test_decide__one_ships_and_one_harms__ships() -> None:
    assert decide(several_of(-0.04, 0.04)).treatment_key == "c"


def test_decide__one_harms_and_one_is_open__stops_the_harmful() -> None:
    verdict = decide(several_of(0.01, -0.04, mde=0.01))

    assert (verdict.state, verdict.treatment_key) == (VerdictState.STOP, "c")
    assert verdict.headline == "Stop, do not ship C"
    assert "the other treatments can go on in a new one" in verdict.text


def test_decide__all_harm__names_them_all() -> None:
    assert decide(several_of(-0.04, -0.04)).headline == "Stop, do not ship B and C"


def test_decide__several_open__gives_each_range_and_no_leader() -> None:
    verdict = decide(several_of(0.01, -0.005, se=0.02))

    assert (verdict.state, verdict.treatment_key) == (VerdictState.KEEP_RUNNING, None)
    assert "With B, so far anything from −" in verdict.text
    assert "With C, so far anything from −" in verdict.text


def test_decide__several_without_meaningful_gain__says_so_of_each() -> None:
    verdict = decide(several_of(0.0, 0.001))

    assert verdict.state is VerdictState.NO_GAIN
    assert verdict.text.count("The data are compatible with") == 2
