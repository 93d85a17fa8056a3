"""Adjusted p-values."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from analytics.errors import InvalidInputError
from analytics.stats.compare import compare
from analytics.stats.moments import Moments
from analytics.stats.multiplicity import (
    Adjustment,
    adjust,
    adjusted_p_values,
    benjamini_hochberg,
    fcr_alphas,
    hochberg,
    holm,
    selected_alpha,
    simultaneous_alpha,
)
from analytics.stats.results import Kind

STATSMODELS_NAMES = {
    Adjustment.BONFERRONI: "bonferroni",
    Adjustment.SIDAK: "sidak",
    Adjustment.HOLM: "holm",
    Adjustment.HOCHBERG: "simes-hochberg",
    Adjustment.BENJAMINI_HOCHBERG: "fdr_bh",
    Adjustment.BENJAMINI_YEKUTIELI: "fdr_by",
}
FAMILIES = st.lists(st.floats(0, 0.999), min_size=1, max_size=25)
P_VALUES = [0.001, 0.012, 0.021, 0.04, 0.2]


def test_adjusted__reference_family__gives_the_published_values() -> None:
    bonferroni = adjusted_p_values(P_VALUES, Adjustment.BONFERRONI)

    # ▸ §10
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


@pytest.mark.parametrize("method", list(Adjustment))
@settings(max_examples=6)  # theirs collects garbage on every call of Holm
@given(family=FAMILIES)
def test_adjusted__any_family__agrees_with_statsmodels(
    method: Adjustment, family: list[float]
) -> None:
    expected = multipletests(family, method=STATSMODELS_NAMES[method])[1]

    assert adjusted_p_values(family, method) == pytest.approx(list(expected), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("method", list(Adjustment))
@given(family=FAMILIES)
def test_adjusted__any_family__is_a_probability_no_smaller_than_p(
    method: Adjustment, family: list[float]
) -> None:
    adjusted = adjusted_p_values(family, method)

    assert all(each is not None and each <= 1 for each in adjusted)
    assert all((after or 0) >= p * (1 - 1e-12) for after, p in zip(adjusted, family, strict=True))


@given(family=FAMILIES)
def test_hochberg__any_family__lies_between_bh_and_holm(family: list[float]) -> None:
    steps = zip(benjamini_hochberg(family), hochberg(family), holm(family), strict=True)

    assert all((low or 0) <= (middle or 0) <= (high or 0) for low, middle, high in steps)


def test_sidak__tiny_p__keeps_its_digits() -> None:
    assert adjusted_p_values([1e-30, 1.0], Adjustment.SIDAK) == pytest.approx([2e-30, 1.0])


def test_simultaneous_alpha__methods__hold_the_family_together() -> None:
    assert simultaneous_alpha(4, Adjustment.HOLM) == 0.0125
    assert simultaneous_alpha(4, Adjustment.SIDAK) == pytest.approx(1 - 0.95**0.25, rel=1e-12)
    with pytest.raises(InvalidInputError):
        simultaneous_alpha(4, Adjustment.BENJAMINI_HOCHBERG)


@given(m=st.integers(1, 40), alpha=st.floats(0.001, 0.5))
def test_bonferroni_p__simultaneous_interval__agree(m: int, alpha: float) -> None:
    p_value = simultaneous_alpha(m, Adjustment.BONFERRONI, alpha=alpha)
    family: list[float | None] = [p_value * 0.999999, *[1.0] * (m - 1)]

    assert (adjusted_p_values(family, Adjustment.BONFERRONI)[0] or 1) < alpha


def test_fcr__two_selected_of_four__get_half_of_q() -> None:
    p_values = [0.001, 0.9, None, 0.02, 0.4]

    assert fcr_alphas(p_values) == [0.025, None, None, 0.025, None]
    assert selected_alpha(2, 4) == 0.025
    assert fcr_alphas([0.5, None]) == [None, None]
    assert fcr_alphas([]) == []


def test_fcr__benjamini_yekutieli__divides_by_the_harmonic_sum() -> None:
    found = fcr_alphas([1e-6, 1e-5, 0.9], method=Adjustment.BENJAMINI_YEKUTIELI)

    assert found == [pytest.approx(0.05 * 2 / 3 / (11 / 6)), pytest.approx(0.2 / 11), None]


@pytest.mark.parametrize(("n_selected", "m"), [(0, 3), (4, 3), (1, 0)])
def test_selected_alpha__impossible_selection__raises(n_selected: int, m: int) -> None:
    with pytest.raises(InvalidInputError):
        selected_alpha(n_selected, m)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -1.0, math.nan, math.inf])
def test_simultaneous_alpha__impossible_alpha__raises(alpha: float) -> None:
    for method in (Adjustment.BONFERRONI, Adjustment.SIDAK):
        with pytest.raises(InvalidInputError):
            simultaneous_alpha(3, method, alpha=alpha)
