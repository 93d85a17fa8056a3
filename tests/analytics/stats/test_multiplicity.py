"""Adjusted p-values."""

import pytest

from analytics.errors import InvalidInputError
from analytics.stats.compare import compare
from analytics.stats.moments import Moments
from analytics.stats.multiplicity import (
    Adjustment,
    adjust,
    adjusted_p_values,
    benjamini_hochberg,
    holm,
)
from analytics.stats.results import Kind

P_VALUES = [0.001, 0.012, 0.021, 0.04, 0.2]


def test_adjusted__reference_family__gives_the_published_values() -> None:
    bonferroni = adjusted_p_values(P_VALUES, Adjustment.BONFERRONI)

    assert holm(P_VALUES) == pytest.approx([0.005, 0.048, 0.063, 0.08, 0.2])
    assert benjamini_hochberg(P_VALUES) == pytest.approx([0.005, 0.03, 0.035, 0.05, 0.2])
    assert bonferroni == pytest.approx([0.005, 0.06, 0.105, 0.2, 1])


def test_adjusted__missing_p__stays_missing_and_outside_the_family() -> None:
    assert holm([0.2, None, 0.01, None]) == [pytest.approx(0.2), None, pytest.approx(0.02), None]


def test_adjusted__shuffled_family__keeps_the_order_of_input() -> None:
    order = [3, 0, 4, 2, 1]

    assert holm([P_VALUES[i] for i in order]) == pytest.approx(
        [[0.005, 0.048, 0.063, 0.08, 0.2][i] for i in order]
    )


def test_adjusted__nothing_known__is_returned_as_it_came() -> None:
    assert holm([]) == []
    assert holm([None]) == [None]


@pytest.mark.parametrize("bad", [-0.1, 1.5, float("nan")])
def test_adjusted__not_a_probability__raises(bad: float) -> None:
    with pytest.raises(InvalidInputError):
        holm([0.5, bad])


def test_adjust__comparisons__names_its_method_and_leaves_p_alone() -> None:
    control = Moments(1000, 100, 100)
    family = [compare(Kind.BINARY, control, Moments(1000, x, x)) for x in (160, 110)]

    adjusted = adjust(family, Adjustment.HOLM)

    assert [each.p_value for each in adjusted] == [each.p_value for each in family]
    assert [each.adjustment for each in adjusted] == ["holm", "holm"]
    assert adjusted[0].p_adjusted == pytest.approx(2 * (family[0].p_value or 0))
