"""The test of preference over units."""

import numpy as np
import pytest
from scipy import stats

from analytics.stats.interleaving.credit import Click, click_credits, winner_of
from analytics.stats.interleaving.preference import (
    pair_preferences,
    preference_test,
    sign_test,
    unit_scores,
    units_to_detect,
)
from analytics.stats.interleaving.team_draft import team_draft
from analytics.stats.results import Monitoring, Status
from analytics.stats.sequential import sequential_critical_value, tuning


def test_sign__reference_counts__gives_the_published_values() -> None:
    found = sign_test(460, 540, 500)

    # ▸ §16
    assert found.p_value == pytest.approx(0.01244414628, rel=1e-6)
    assert found.share_interval is not None
    assert found.share_interval.low == pytest.approx(0.5090152862, rel=1e-6)
    assert found.share_interval.high == pytest.approx(0.5706785731, rel=1e-6)
    assert found.preference == pytest.approx(0.02666666667, rel=1e-6)
    assert units_to_detect(0.51) == pytest.approx(19619.84130, rel=1e-6)


def test_sign__swapped_rankings__turns_the_preference() -> None:
    found, swapped = sign_test(46, 54, 5), sign_test(54, 46, 5)

    assert swapped.p_value == pytest.approx(found.p_value)
    assert swapped.preference == pytest.approx(-(found.preference or 0))


@pytest.mark.parametrize(("ties", "preference"), [(0, None), (7, 0.0)])
def test_sign__no_winner__is_insufficient(ties: int, preference: float | None) -> None:
    found = sign_test(0, 0, ties)

    assert (found.status, found.p_value) == (Status.INSUFFICIENT_DATA, None)
    assert found.preference == preference


def test_sign__trillion_units__is_finite() -> None:
    assert sign_test(10**12, 10**12).share == 0.5


@pytest.mark.parametrize("counts", [(-1, 2), (1.5, 2), (float("nan"), 2)])
def test_sign__impossible_counts__raises(counts: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        sign_test(*counts)


@pytest.mark.parametrize("share", [0.5, 0.0, 1.0, float("nan")])
def test_units__share_that_cannot_be_planned_for__raises(share: float) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        units_to_detect(share)


def test_scores__lists_of_a_unit__are_averaged() -> None:
    found = unit_scores([("u1", 1), ("u1", 1), ("u1", -1), ("u1", 0), ("u2", -1)])

    assert found == {"u1": 0.25, "u2": -1.0}


def test_scores__winner_that_is_none__raises() -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        unit_scores([("u1", 2)])


def test_preference__fixed__agrees_with_the_one_sample_t(rng: np.random.Generator) -> None:
    scores = rng.choice([-1, -0.5, 0, 0.5, 1], size=60, p=[0.1, 0.2, 0.3, 0.2, 0.2])
    expected = stats.ttest_1samp(scores, 0)

    found = preference_test(scores.tolist(), monitoring=Monitoring.FIXED)

    assert found.statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.interval is not None
    limits = expected.confidence_interval(0.95)
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(limits), rel=1e-9)


def test_preference__always_valid__contains_the_fixed_interval(rng: np.random.Generator) -> None:
    scores = rng.choice([-1, 0, 1], size=800, p=[0.25, 0.4, 0.35]).tolist()

    fixed = preference_test(scores, monitoring=Monitoring.FIXED)
    valid = preference_test(scores, planned_n=1000)

    assert fixed.interval is not None
    assert valid.interval is not None
    assert fixed.interval.lies_within(valid.interval.low, valid.interval.high)
    c = sequential_critical_value(800, rho2=tuning(1000))
    assert valid.interval.high - valid.interval.low == pytest.approx(2 * c * (valid.se or 0))
    assert valid.p_value is not None
    assert (valid.p_value < 0.05) == valid.interval.excludes(0)


@pytest.mark.parametrize(
    ("scores", "monitoring", "status"),
    [
        ([], Monitoring.FIXED, Status.INSUFFICIENT_DATA),
        ([1.0], Monitoring.FIXED, Status.INSUFFICIENT_DATA),
        ([1.0, -1.0] * 249, Monitoring.ALWAYS_VALID, Status.INSUFFICIENT_DATA),
        ([1.0] * 600, Monitoring.ALWAYS_VALID, Status.ZERO_VARIANCE),
        ([0.0] * 600, Monitoring.FIXED, Status.ZERO_VARIANCE),
    ],
)
def test_preference__nothing_to_judge__says_why(
    scores: list[float], monitoring: Monitoring, status: Status
) -> None:
    found = preference_test(scores, monitoring=monitoring)

    assert (found.status, found.p_value, found.interval) == (status, None, None)


@pytest.mark.parametrize("score", [1.1, float("nan"), float("-inf")])
def test_preference__score_out_of_range__raises(score: float) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        preference_test([0.0, score])


def test_pairs__three_rankings__are_corrected_by_holm() -> None:
    rng = np.random.default_rng(5)
    earned = [(f"u{i}", (0, int(rng.random() < 0.7), int(rng.random() < 0.1))) for i in range(90)]

    found = pair_preferences(earned, monitoring=Monitoring.FIXED)

    assert [(each.first, each.second) for each in found] == [(0, 1), (0, 2), (1, 2)]
    assert (found[0].preference.value or 0) > 0 > (found[2].preference.value or 0)
    p_values = [each.preference.p_value or 0 for each in found]
    assert max(each.p_adjusted or 0 for each in found) == pytest.approx(max(p_values))
    assert min(each.p_adjusted or 0 for each in found) == pytest.approx(3 * min(p_values))


def test_pairs__no_lists_or_uneven_ones() -> None:
    assert pair_preferences([]) == ()
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        pair_preferences([("u1", (0, 1)), ("u2", (0, 1, 2))])


@pytest.mark.parametrize(("taste", "is_told"), [(0.0, False), (0.25, True)])
def test_interleaving__from_lists_to_test__finds_the_better_ranking_only(
    taste: float, is_told: bool, rng: np.random.Generator
) -> None:
    # Units click by slot; with taste also on good items, which b ranks higher.
    a, b, good = "abcdefgh", "efghabcd", set("efgh")
    outcomes = []
    for unit in range(400):
        shown = team_draft([a, b], 4, rng=rng)
        odds = [0.5 / (slot + 1) + taste * (item in good) for slot, item in enumerate(shown.items)]
        clicks = [
            Click("l", item, 0)
            for item, p in zip(shown.items, odds, strict=True)
            if rng.random() < p
        ]
        earned = click_credits({"l": shown}, clicks)
        outcomes += [(f"u{unit}", winner_of(each)) for each in earned.values()]

    found = preference_test(list(unit_scores(outcomes).values()), monitoring=Monitoring.FIXED)

    assert found.p_value is not None
    assert (found.p_value < 0.001) == is_told
    assert not is_told or (found.value or 0) > 0
