"""Closed forms beside scipy and statsmodels."""

import numpy as np
import pytest
from scipy import stats

from analytics.stats.means import mean_estimate, welch_test
from analytics.stats.moments import CentredMoments
from analytics.stats.proportions import (
    chi2_test,
    g_test,
    newcombe_interval,
    pooled_test,
    share_estimate,
    unpooled_test,
)

TABLES = [(500, 10_000, 560, 10_000), (2, 40, 9, 40), (30, 200, 10, 90), (0, 50, 7, 60)]
Table = tuple[int, int, int, int]


@pytest.mark.parametrize("table", TABLES)
def test_pooled__any_table__agrees_with_statsmodels(table: Table) -> None:
    from statsmodels.stats.proportion import proportions_ztest

    x_a, n_a, x_b, n_b = table
    expected = proportions_ztest([x_b, x_a], [n_b, n_a])
    found = pooled_test(*table)

    assert found is not None
    assert (found.statistic, found.p_value) == pytest.approx(tuple(expected), rel=1e-9)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("alpha", [0.01, 0.05])
def test_intervals__any_table__agree_with_statsmodels(table: Table, alpha: float) -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    x_a, n_a, x_b, n_b = table
    wald, newcombe = (
        confint_proportions_2indep(
            x_b, n_b, x_a, n_a, method=method, compare="diff", alpha=alpha, correction=False
        )
        for method in ("wald", "newcomb")
    )
    ours = unpooled_test(share_estimate(x_a, n_a), share_estimate(x_b, n_b), alpha=alpha).interval
    hybrid = newcombe_interval(*table, alpha=alpha)

    assert (ours.low, ours.high) == pytest.approx(wald, rel=1e-9)
    assert (hybrid.low, hybrid.high) == pytest.approx(newcombe, rel=1e-9)


@pytest.mark.parametrize("table", TABLES)
def test_chi2_and_g__any_table__agree_with_scipy(table: Table) -> None:
    x_a, n_a, x_b, n_b = table
    cells = [[x_a, x_b], [n_a - x_a, n_b - x_b]]
    for test, power in ((chi2_test, 1.0), (g_test, 0.0)):  # Pearson's and the likelihood ratio
        expected = stats.chi2_contingency(cells, correction=False, lambda_=power)
        found = test(*table)

        assert found is not None
        assert found.statistic == pytest.approx(expected.statistic, rel=1e-9)
        assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
def test_welch__random_values__agrees_with_statsmodels(
    alpha: float, rng: np.random.Generator
) -> None:
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    a, b = rng.lognormal(1, 1, 60), rng.lognormal(1.2, 1.5, 45)
    theirs = CompareMeans(DescrStatsW(b), DescrStatsW(a))
    statistic, p_value, df = theirs.ttest_ind(usevar="unequal")
    ours = welch_test(
        *(mean_estimate(CentredMoments.from_values(each.tolist())) for each in (a, b)), alpha=alpha
    )

    assert (ours.statistic, ours.p_value, ours.df) == pytest.approx(
        (statistic, p_value, df), rel=1e-9
    )
    expected = theirs.tconfint_diff(alpha=alpha, usevar="unequal")
    assert (ours.interval.low, ours.interval.high) == pytest.approx(expected, rel=1e-9)
