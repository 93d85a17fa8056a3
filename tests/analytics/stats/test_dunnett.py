"""Several treatments against one control."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import dunnett, multivariate_normal

from analytics.errors import InvalidInputError
from analytics.stats.dunnett import (
    dunnett_critical_value,
    dunnett_effects,
    dunnett_tail,
    optimal_weights,
)
from analytics.stats.references import upper_quantile, upper_tail


def test_critical_value__reference_designs__gives_the_published_values() -> None:
    # ▸ §10
    assert dunnett_critical_value(1, [1, 1, 1]) == pytest.approx(2.348970590, rel=1e-9)
    assert dunnett_critical_value(1, [1, 1, 1], sides=1) == pytest.approx(2.062083933, rel=1e-9)
    assert dunnett_critical_value(1, [1]) == pytest.approx(1.959963985, rel=1e-9)
    assert dunnett_critical_value(3**0.5, [1, 1, 1]) == pytest.approx(2.368463089, rel=1e-9)


@settings(max_examples=25)
@given(sizes=st.lists(st.integers(1, 10**6), min_size=1, max_size=6), alpha=st.floats(1e-4, 0.4))
def test_critical_value__any_design__lies_between_one_test_and_bonferroni(
    sizes: list[int], alpha: float
) -> None:
    critical = dunnett_critical_value(1000, sizes, alpha=alpha)

    assert critical >= upper_quantile(alpha / 2) - 1e-6
    assert critical <= upper_quantile(alpha / 2 / len(sizes)) + 1e-6
    assert dunnett_tail(critical, 1000, sizes) == pytest.approx(alpha, rel=1e-5)


def test_tail__uneven_sizes__agrees_with_the_multivariate_normal(
    rng: np.random.Generator,
) -> None:
    sizes = np.array([300.0, 900.0, 2000.0])
    loadings = np.sqrt(sizes / (sizes + 500))
    correlation = np.outer(loadings, loadings)
    np.fill_diagonal(correlation, 1)
    box = np.full(3, 2.2)
    inside = multivariate_normal.cdf(
        box, cov=correlation, lower_limit=-box, abseps=1e-8, releps=1e-8, rng=rng
    )

    assert dunnett_tail(2.2, 500, list(sizes)) == pytest.approx(1 - inside, rel=1e-4)


def test_effects__many_units__agree_with_scipy(rng: np.random.Generator) -> None:
    control = rng.normal(10, 3, 4000)
    treatments = [rng.normal(10 + gap, 3, n) for gap, n in ((0.1, 3000), (0.2, 2500))]
    groups = [control, *treatments]
    df = sum(len(each) for each in groups) - len(groups)
    pooled = sum(each.var(ddof=1) * (len(each) - 1) for each in groups) / df
    expected = dunnett(*treatments, control=control, rng=np.random.default_rng(1))
    interval = expected.confidence_interval()

    found = dunnett_effects(
        (4000, control.mean()), [(len(each), each.mean()) for each in treatments], variance=pooled
    )

    assert [each.statistic for each in found] == pytest.approx(expected.statistic, rel=1e-9)
    assert [each.p_value for each in found] == pytest.approx(expected.pvalue, abs=1e-3)
    assert [each.low for each in found] == pytest.approx(interval.low, abs=1e-3)
    assert [each.high for each in found] == pytest.approx(interval.high, abs=1e-3)


@pytest.mark.parametrize("sides", [1, 2])
def test_effects__any_size__p_agrees_with_the_interval(sides: int) -> None:
    for mean in np.linspace(-0.3, 0.3, 61):
        (found, _) = dunnett_effects(
            (500, 0.0), [(500, float(mean)), (700, 0.1)], variance=1.0, sides=sides
        )
        excludes = found.low > 0 or (found.high is not None and found.high < 0)

        assert (found.p_value < 0.05) == excludes
        assert (found.interval is None) == (sides == 1)


def test_tail__far_out__keeps_its_digits() -> None:
    # So far out the three hardly ever exceed together: three times one tail.
    assert dunnett_tail(12, 1, [1, 1, 1]) == pytest.approx(6 * upper_tail(12), rel=1e-4)


def test_tail__control_far_rarer__falls_back_to_one_shared_test() -> None:
    assert dunnett_critical_value(1, [1e6] * 3) == pytest.approx(1.96, abs=2e-3)


def test_optimal_weights__k__is_the_least_variance() -> None:
    shares = np.linspace(0.1, 0.8, 701)
    variances = 1 / shares + 4 / (1 - shares)

    assert optimal_weights(4)[0] == pytest.approx(shares[variances.argmin()], abs=1e-3)
    assert math.fsum(optimal_weights(7)) == pytest.approx(1)


@pytest.mark.parametrize("sizes", [[], [0], [-1], [math.nan], [math.inf]])
def test_critical_value__impossible_sizes__raises(sizes: list[float]) -> None:
    with pytest.raises(InvalidInputError):
        dunnett_critical_value(100, sizes)


@pytest.mark.parametrize("variance", [0.0, -1.0, math.nan, math.inf])
def test_effects__no_variance__raises(variance: float) -> None:
    with pytest.raises(InvalidInputError):
        dunnett_effects((10, 0.0), [(10, 1.0)], variance=variance)


def test_optimal_weights__no_treatment__raises() -> None:
    with pytest.raises(InvalidInputError):
        optimal_weights(0)


def test_optimal_weights__a_million_million_treatments__raises() -> None:
    with pytest.raises(InvalidInputError, match="were 1000000000000"):
        optimal_weights(10**12)
