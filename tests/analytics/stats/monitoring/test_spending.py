"""Spending functions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.errors import InvalidInputError
from analytics.stats.monitoring.spending import Spending, SpendingFamily

# The reference prints 0.0244237 for the fourth; 4 − 4Φ(2.241403 / √0.8) is 0.02442358.
SPENT = [1.07774e-6, 7.88304e-4, 0.00761613, 0.02442358, 0.05]


def test_obrien_fleming__five_looks__spends_the_published_amounts() -> None:
    spent = [Spending().cumulative(look / 5, 0.05) for look in range(1, 6)]

    assert spent == pytest.approx(SPENT, rel=3e-6)


@pytest.mark.parametrize("family", list(SpendingFamily))
@given(first=st.floats(0, 1.5), second=st.floats(0, 1.5), alpha=st.floats(1e-6, 0.9))
def test_spending__more_information__spends_more_up_to_alpha(
    family: SpendingFamily, first: float, second: float, alpha: float
) -> None:
    spending = Spending(family)
    early, late = (spending.cumulative(each, alpha) for each in sorted((first, second)))

    assert 0 <= early <= late <= alpha * (1 + 1e-12)
    assert spending.cumulative(0, alpha) == 0
    assert spending.cumulative(1, alpha) == alpha


def test_spending__one_side__is_half_of_two_at_twice_the_level() -> None:
    spending = Spending(SpendingFamily.POCOCK)

    assert spending.cumulative(0.4, 0.05, sides=1) == spending.one_side(0.4, 0.05)
    assert spending.cumulative(0.4, 0.05) == 2 * spending.one_side(0.4, 0.025)


@pytest.mark.parametrize("information", [-0.1, math.nan, math.inf])
def test_spending__impossible_information__raises(information: float) -> None:
    with pytest.raises(InvalidInputError):
        Spending().one_side(information, 0.05)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, math.nan, math.inf])
def test_spending__impossible_level__raises(level: float) -> None:
    with pytest.raises(InvalidInputError):
        Spending().one_side(0.5, level)


@pytest.mark.parametrize("exponent", [0.0, -1.0, math.nan, math.inf])
def test_spending__impossible_exponent__raises(exponent: float) -> None:
    with pytest.raises(InvalidInputError):
        Spending(SpendingFamily.POWER, exponent)
