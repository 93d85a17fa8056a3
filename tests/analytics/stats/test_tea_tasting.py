"""The methods that the released tea-tasting offers too, beside it, from the same units."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tea_tasting as tt
from tea_tasting.aggr import Aggregates

from analytics.stats.compare import compare
from analytics.stats.exact import exact_tests
from analytics.stats.lift import fieller_lift, log_delta_lift
from analytics.stats.means import welch_df, welch_test
from analytics.stats.moments import Moments
from analytics.stats.planning.sample_size import required_n_mean_t
from analytics.stats.power import power_of
from analytics.stats.proportions import (
    chi2_test,
    g_test,
    pooled_test,
    share_estimate,
    unpooled_test,
)
from analytics.stats.references import StudentReference, upper_quantile
from analytics.stats.results import Estimate, Interval, Kind, Lift, Monitoring
from analytics.stats.samples import Sample
from analytics.stats.srm import split_check
from analytics.stats.variance.cuped import adjusted_means
from analytics.stats.variance.cuped_ratio import linearised
from analytics.stats.variance.theta import Theta, pooled_theta

Columns = dict[str, np.ndarray[Any, np.dtype[np.int64]]]
NAMES = ("y", "x", "w", "v")
ALPHAS = [0.01, 0.05]
TABLES = [(500, 10_000, 560, 10_000), (30, 200, 10, 90), (2, 40, 9, 40)]
Table = tuple[int, int, int, int]


def shop(rng: np.random.Generator, n: int, lift: float) -> Columns:
    """Return clicks y of views x per unit, with w of v before: correlated, none without views."""
    taste = rng.beta(3, 9, n)
    views, before = rng.poisson(9, n) + 1, rng.poisson(11, n) + 1
    clicks = rng.binomial(views, np.minimum(1, taste * lift))
    columns = clicks, views, rng.binomial(before, taste), before
    return {name: each.astype(np.int64) for name, each in zip(NAMES, columns, strict=True)}


@pytest.fixture
def variants(rng: np.random.Generator) -> tuple[Columns, Columns]:
    return shop(rng, 900, 1.0), shop(rng, 700, 1.08)


def theirs(metric: Any, variants: tuple[Columns, Columns]) -> Any:
    """Return what tea-tasting computes from the units themselves."""
    table = {name: np.concatenate([each[name] for each in variants]) for name in NAMES}
    table["variant"] = np.repeat([0, 1], [len(each["y"]) for each in variants])
    return metric.analyze(pa.table(table), control=0, treatment=1, variant="variant")


def samples_of(variants: tuple[Columns, Columns]) -> list[Sample]:
    return [Sample.from_columns(each) for each in variants]


def assert_effect(found: Any, expected: Any) -> None:
    """Compare difference, statistic, p-value and interval; ours may be any result with them."""
    assert found.effect == pytest.approx(expected.effect_size, rel=1e-9)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    ends = (expected.effect_size_ci_lower, expected.effect_size_ci_upper)
    assert_ends(found.interval, ends)


def assert_ends(interval: Interval | None, expected: tuple[float, float]) -> None:
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def t_log_lift(control: Estimate, treatment: Estimate, alpha: float) -> Lift:
    """Return the log-delta lift as tea-tasting defines it: Welch's df of the logarithms."""
    logs = [
        Estimate(each.n, 0.0, each.variance / each.value**2)
        for each in (control, treatment)
        if each.variance is not None and each.value
    ]
    critical = StudentReference(alpha, welch_df(*logs)).critical_value
    return log_delta_lift(control, treatment, critical_value=critical)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_mean__random_units__agrees_with_tea_tasting(
    alpha: float, variants: tuple[Columns, Columns]
) -> None:
    expected = theirs(tt.Mean("y", confidence_level=1 - alpha), variants)

    a, b = (Moments.from_values(each["y"].tolist()) for each in variants)
    found = compare(Kind.MEAN, a, b, monitoring=Monitoring.FIXED, alpha=alpha)

    assert_effect(found, expected)
    assert found.lift == pytest.approx(expected.rel_effect_size, rel=1e-9)
    # Its relative interval is the log-delta one, where the report shows Fieller's.
    lift = t_log_lift(found.control, found.treatment, alpha)
    ends = (expected.rel_effect_size_ci_lower, expected.rel_effect_size_ci_upper)
    assert_ends(lift.interval, ends)


@pytest.mark.parametrize("alpha", ALPHAS)
def test_ratio__random_units__agrees_with_tea_tasting(
    alpha: float, variants: tuple[Columns, Columns]
) -> None:
    # The normal, which is what the report uses for ratios; its own default is Student's t.
    metric = tt.RatioOfMeans("y", "x", use_t=False, confidence_level=1 - alpha)
    expected = theirs(metric, variants)

    a, b = (Moments.from_values(each["y"].tolist(), each["x"].tolist()) for each in variants)
    found = compare(Kind.RATIO, a, b, monitoring=Monitoring.FIXED, alpha=alpha)

    assert_effect(found, expected)
    assert found.lift == pytest.approx(expected.rel_effect_size, rel=1e-9)
    z = upper_quantile(alpha / 2)
    lift = log_delta_lift(found.control, found.treatment, critical_value=z)
    ends = (expected.rel_effect_size_ci_lower, expected.rel_effect_size_ci_upper)
    assert_ends(lift.interval, ends)


def test_cuped__its_theta__agrees_with_tea_tasting(variants: tuple[Columns, Columns]) -> None:
    expected = theirs(tt.Mean("y", "w"), variants)

    # Its θ is that of all units as one group; ours sums within variants, so that the
    # effect itself does not enter θ. With its θ the rest must be the same.
    samples = samples_of(variants)
    theta = pooled_theta([samples[0] + samples[1]], outcome="y", covariates=["w"])
    control, treatment = (each.estimate for each in adjusted_means(samples, theta))

    assert_effect(welch_test(control, treatment), expected)
    assert (control.value, treatment.value) == pytest.approx(
        (expected.control, expected.treatment), rel=1e-9
    )
    # Its lift is over the adjusted control mean, ours over the unadjusted one.
    lift = t_log_lift(control, treatment, 0.05)
    assert lift.value == pytest.approx(expected.rel_effect_size, rel=1e-9)
    ends = (expected.rel_effect_size_ci_lower, expected.rel_effect_size_ci_upper)
    assert_ends(lift.interval, ends)


def test_cuped__own_theta__differs_by_the_effect_in_theirs(
    variants: tuple[Columns, Columns],
) -> None:
    samples = samples_of(variants)
    within = pooled_theta(samples, outcome="y", covariates=["w"]).values[0]
    total = pooled_theta([samples[0] + samples[1]], outcome="y", covariates=["w"]).values[0]

    assert within != total
    assert within == pytest.approx(total, rel=0.01)


def test_cuped_ratio__its_theta__agrees_with_tea_tasting(
    variants: tuple[Columns, Columns],
) -> None:
    expected = theirs(tt.RatioOfMeans("y", "x", "w", "v"), variants)

    samples, ratios = samples_of(variants), [("y", "x"), ("w", "v")]
    lines = [linearised(each, ratios) for each in samples]
    whole = linearised(samples[0] + samples[1], ratios)
    theta: Theta = pooled_theta([whole], outcome="y", covariates=["w"])
    control, treatment = (each.estimate for each in adjusted_means(lines, theta))

    # The adjusted ratios are centred on another constant, which leaves the difference alone.
    assert_effect(welch_test(control, treatment), expected)


@pytest.mark.parametrize("table", TABLES)
def test_shares__any_table__agree_with_tea_tasting(table: Table) -> None:
    x_a, n_a, x_b, n_b = table
    a, b = (Aggregates(n, {"y": x / n}) for x, n in ((x_a, n_a), (x_b, n_b)))
    unpooled = tt.metrics.Proportion("y", method="norm", correction=False, equal_var=False)
    expected = unpooled.analyze_aggregates(a, b)

    control, treatment = share_estimate(x_a, n_a), share_estimate(x_b, n_b)
    found = unpooled_test(control, treatment)
    lift = log_delta_lift(control, treatment, critical_value=found.critical_value)

    assert found.effect == pytest.approx(expected.effect_size, rel=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert_ends(found.interval, (expected.effect_size_ci_lower, expected.effect_size_ci_upper))
    ends = (expected.rel_effect_size_ci_lower, expected.rel_effect_size_ci_upper)
    assert_ends(lift.interval, ends)
    # Fieller's is another interval: it takes the control mean's error without a logarithm.
    other = fieller_lift(control, treatment, critical_value=found.critical_value)
    assert other.interval != lift.interval


@pytest.mark.parametrize("table", TABLES)
def test_diagnostics_of_shares__any_table__agree_with_tea_tasting(table: Table) -> None:
    x_a, n_a, x_b, n_b = table
    a, b = (Aggregates(n, {"y": x / n}) for x, n in ((x_a, n_a), (x_b, n_b)))

    for method, test in (("norm", pooled_test), ("pearson", chi2_test), ("log-likelihood", g_test)):
        metric = tt.metrics.Proportion("y", method=method, correction=False)
        found = test(*table)

        assert found is not None
        assert found.p_value == pytest.approx(metric.analyze_aggregates(a, b).pvalue, rel=1e-9)


def test_exact__few_units__agrees_with_tea_tasting() -> None:
    a, b = Aggregates(40, {"y": 2 / 40}), Aggregates(40, {"y": 9 / 40})
    found = exact_tests(2, 40, 9, 40)

    assert found is not None
    for method in ("barnard", "boschloo", "fisher"):
        expected = tt.metrics.Proportion("y", method=method).analyze_aggregates(a, b).pvalue
        assert getattr(found, f"{method}_p") == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("counts", [(10_000, 10_180), (700, 2_000)])
@pytest.mark.parametrize("ratio", [1, 3])
def test_split__two_variants__agrees_with_tea_tasting(counts: tuple[int, int], ratio: int) -> None:
    metric = tt.SampleRatio(ratio, method="norm", correction=False)
    expected = metric.analyze({0: Aggregates(counts[0]), 1: Aggregates(counts[1])}, 0, 1)

    found = split_check(counts, [1, ratio])

    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)


@pytest.mark.parametrize("ratio", [1.0, 0.25])
def test_power__normal__agrees_with_tea_tasting(ratio: float) -> None:
    history, effect, n = Aggregates(5_000, {"y": 12.0}, {"y": 340.0}), 0.9, 8_000
    metric = tt.Mean("y", use_t=False, ratio=ratio, effect_size=effect, n_obs=n)
    expected = metric.solve_power_from_aggregates(history, "power")[0].power

    n_a, n_b = n / (1 + ratio), n * ratio / (1 + ratio)
    se = math.sqrt(340.0 / n_a + 340.0 / n_b)

    assert power_of(effect, se, critical_value=upper_quantile(0.025)) == pytest.approx(
        expected, rel=1e-9
    )


@pytest.mark.parametrize("effect", [0.2, 0.9, 4.0])
def test_required_n__students_t__agrees_with_tea_tasting(effect: float) -> None:
    history = Aggregates(5_000, {"y": 12.0}, {"y": 340.0})
    metric = tt.Mean("y", effect_size=effect)
    expected = metric.solve_power_from_aggregates(history, "n_obs")[0].n_obs

    # It rounds the units of both variants together up; ours is one variant's, unrounded.
    assert math.ceil(2 * required_n_mean_t(math.sqrt(340.0), effect)) == expected
