"""What an earlier split left behind."""

import pytest
from scipy import stats

from analytics.stats.results import CheckLevel, Estimate, Status
from analytics.stats.validity.carry_over import LASTING_CAUSES, SEED_CAUSES, check_carry_over

Effects = dict[str, tuple[Estimate, Estimate]]

SAME: Effects = {
    "control": (Estimate(2500, 1.0, 0.01), Estimate(2500, 1.1, 0.01)),
    "treatment": (Estimate(2500, 1.2, 0.01), Estimate(2500, 1.35, 0.01)),
}
APART: Effects = SAME | {"treatment": (Estimate(2500, 1.2, 0.01), Estimate(2500, 1.9, 0.01))}


def test_carry_over__independent_seeds_and_one_effect__is_well() -> None:
    found = check_carry_over([[2500, 2510], [2490, 2505]], SAME)

    assert (found.level, found.status) == (CheckLevel.OK, Status.OK)


def test_carry_over__dependent_table__blocks_and_agrees_with_scipy() -> None:
    table = [[2700, 2300], [2300, 2700], [0, 0]]
    expected = stats.chi2_contingency(table[:2], correction=False)

    found = check_carry_over(table, SAME)

    assert (found.level, found.causes) == (CheckLevel.BLOCK, SEED_CAUSES)
    assert found.evidence.statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert found.evidence.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.evidence.df == 1


def test_carry_over__effect_by_earlier_variant__warns() -> None:
    found = check_carry_over([[2500, 2510], [2490, 2505]], APART)

    assert (found.level, found.causes) == (CheckLevel.WARN, LASTING_CAUSES)
    # Effects 0.1 and 0.7, variances 0.02 each: z² = 0.36 / 0.04.
    assert found.evidence.by_earlier.q == pytest.approx(9.0)


def test_carry_over__same_units_in_both__blocks() -> None:
    assert check_carry_over([[5000, 0], [0, 5000]], SAME).level is CheckLevel.BLOCK


@pytest.mark.parametrize("table", [[[0, 0], [0, 0]], [[5, 5]], [[5, 0], [9, 0]]])
def test_carry_over__nothing_varies__is_insufficient(table: list[list[int]]) -> None:
    found = check_carry_over(table, {})

    assert (found.level, found.status) == (CheckLevel.OK, Status.INSUFFICIENT_DATA)
    assert found.evidence.p_value is None


@pytest.mark.parametrize("table", [[], [[1, 2], [3]], [[-1, 2], [3, 4]]])
def test_carry_over__no_table__raises(table: list[list[int]]) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        check_carry_over(table, SAME)
