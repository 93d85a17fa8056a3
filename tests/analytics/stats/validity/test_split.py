"""Splits in total and by part, and units where none were due."""

import pytest
from scipy import stats

from analytics.stats.results import CheckLevel, Status, WarningCode
from analytics.stats.validity.split import (
    LEAK_CAUSES,
    PLACED_CAUSES,
    SPLIT_CAUSES,
    check_split,
    check_split_by,
)


def test_split__fair_counts__is_well() -> None:
    found = check_split([5050, 4950], [1, 1])

    assert (found.level, found.causes, found.warnings) == (CheckLevel.OK, (), ())
    assert found.evidence.leaked == (0, 0)


def test_split__lost_units__blocks_with_causes() -> None:
    found = check_split([5200, 4800], [1, 1])

    assert found.level is CheckLevel.BLOCK
    assert found.causes == SPLIT_CAUSES
    assert found.warnings == (WarningCode.SRM,)
    assert found.evidence.split is not None
    assert found.evidence.split.p_value == pytest.approx(stats.chi2.sf(16, 1), rel=1e-9)


def test_split__one_unit_at_weight_zero__blocks_though_the_rest_is_fair() -> None:
    found = check_split([500, 500, 1], [1, 1, 0])

    assert found.level is CheckLevel.BLOCK
    assert found.causes == LEAK_CAUSES
    assert found.evidence.leaked == (0, 0, 1)
    assert found.evidence.split is not None
    assert found.evidence.split.p_value == 1


def test_split__all_traffic_on_one_variant__has_no_split_but_its_leak() -> None:
    found = check_split([500, 2], [1, 0])

    assert (found.level, found.evidence.split) == (CheckLevel.BLOCK, None)


def test_split__no_units__is_insufficient() -> None:
    found = check_split([0, 0], [1, 1])

    assert (found.level, found.status) == (CheckLevel.OK, Status.INSUFFICIENT_DATA)


def test_split__trillion_units__is_exact() -> None:
    found = check_split([10**12 + 10**6, 10**12 - 10**6], [1, 1])

    assert found.evidence.split is not None
    assert found.evidence.split.statistic == pytest.approx(2.0, rel=1e-12)


@pytest.mark.parametrize(
    ("counts", "weights"),
    [
        ([1, 2], [1]),
        ([1, -2], [1, 1]),
        ([1.5, 2], [1, 1]),
        ([float("nan"), 2], [1, 1]),
        ([1, 2], [1, float("inf")]),
        ([1, 2], [-1, 1]),
        ([1, 0], [1, 0]),
    ],
    ids=["lengths", "negative", "fraction", "nan", "infinite weight", "negative weight", "one"],
)
def test_split__impossible_input__raises(counts: list[int], weights: list[float]) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        check_split(counts, weights)


def test_split_by__one_bad_platform__is_located() -> None:
    counts = {"web": [5000, 5010], "app": [600, 400], "tv": [0, 0]}

    found = check_split_by("platforms", counts, [1, 1])

    assert found.level is CheckLevel.BLOCK
    assert [part.name for part in found.evidence.parts if part.is_mismatched] == ["app"]
    assert found.evidence.parts[0].name == "app"
    assert found.evidence.parts[-1].p_adjusted is None
    assert found.causes[: len(PLACED_CAUSES)] == PLACED_CAUSES


def test_split_by__fault_everywhere__names_the_general_causes_first() -> None:
    found = check_split_by("days", {"1": [600, 400], "2": [610, 390]}, [1, 1])

    assert found.causes[: len(SPLIT_CAUSES)] == SPLIT_CAUSES


def test_split_by__p_just_below_the_threshold__holds_after_holm() -> None:
    # χ² of 11.56 has p 0.00067: an alarm alone, none among two parts (0.00135).
    suspect = [5170, 4830]

    assert check_split_by("days", {"1": suspect}, [1, 1]).level is CheckLevel.BLOCK
    found = check_split_by("days", {"1": suspect, "2": [5000, 5000]}, [1, 1])

    assert found.level is CheckLevel.OK
    assert found.evidence.parts[0].p_adjusted == pytest.approx(2 * stats.chi2.sf(11.56, 1))


def test_split_by__weights_of_each_day__are_used() -> None:
    counts = {"1": [900, 100], "2": [500, 500]}

    found = check_split_by("days", counts, {"1": [9, 1], "2": [1, 1]})

    assert found.level is CheckLevel.OK
    assert {part.split.p_value for part in found.evidence.parts} == {1}


def test_split_by__no_units__is_insufficient() -> None:
    assert check_split_by("days", {}, [1, 1]).status is Status.INSUFFICIENT_DATA


def test_split_by__weights_of_other_parts__raises() -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        check_split_by("days", {"1": [1, 1]}, {"2": [1, 1]})
