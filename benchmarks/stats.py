"""One comparison of means with its lift, from sufficient statistics, beside what others do.

Each starts from n, sums or variance of both variants, and gives difference, error, p-value,
interval and lift with interval; before anything is timed they are checked to agree. The baseline
is the bare formula: Welch's t and the delta lift, without checks, statuses or a result object. The
peak memory of the vectorised paths, from one untimed run, stands in their names.
"""

import math
import tracemalloc
from collections.abc import Callable

import numpy as np
from scipy import stats
from scipy.special import stdtr, stdtrit
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW
from tea_tasting import Mean
from tea_tasting.aggr import Aggregates

from analytics.stats.compare import compare
from analytics.stats.moment_arrays import EstimateArrays, MomentArrays
from analytics.stats.moments import Moments
from analytics.stats.results import Comparison, Kind, Monitoring
from analytics.stats.vectorised import compare_arrays
from config.bench import Case, Settings

COMPARISONS = 200
BULK = 10_000
ALPHA = 0.05
TOLERANCE = 1e-9

Sides = tuple[int, float, float]  # units, mean, variance
Pair = tuple[Moments, Moments]
Answer = tuple[float, float, float, float]  # difference, p-value, both ends of its interval


def cases(settings: Settings) -> list[Case]:
    """Return the bare formula (baseline), ours one by one, three libraries, and ours in bulk."""
    pairs = _pairs(BULK, np.random.default_rng(settings.seed))
    few = pairs[:COMPARISONS]
    sides = [(_sides(a), _sides(b)) for a, b in few]
    aggregates = [tuple(Aggregates(n, {"y": m}, {"y": v}) for n, m, v in both) for both in sides]
    metric = Mean("y")
    arrays = tuple(MomentArrays.from_moments(each) for each in zip(*pairs, strict=True))
    _require_agreement(pairs, sides, metric, aggregates, arrays)
    return [
        Case("bare formula", lambda: len([_bare(*both) for both in sides]), True, ("scipy",)),
        Case("ours, fixed", lambda: len([_ours(both) for both in few])),
        Case("ours, always valid", lambda: len([compare(Kind.MEAN, *both) for both in few])),
        Case("scipy", lambda: len([_scipy(*both) for both in sides]), packages=("scipy",)),
        Case(
            "statsmodels",
            lambda: len([_statsmodels(*both) for both in sides]),
            packages=("statsmodels",),
        ),
        Case(
            "tea-tasting",
            lambda: len([metric.analyze_aggregates(*both) for both in aggregates]),
            packages=("tea-tasting",),
        ),
        _bulk_case("fixed", Monitoring.FIXED, arrays),
        _bulk_case("always valid", Monitoring.ALWAYS_VALID, arrays),
    ]


def _pairs(count: int, rng: np.random.Generator) -> list[Pair]:
    """Return moments of revenue per unit in cents, of a thousand units and more."""
    return [(_moments(rng), _moments(rng)) for _ in range(count)]


def _moments(rng: np.random.Generator) -> Moments:
    n, mean, sigma = int(rng.integers(1_000, 500_000)), rng.uniform(90, 110), rng.uniform(50, 400)
    total = round(n * mean)
    return Moments(n, total, round((n - 1) * sigma**2 + total**2 / n))


def _sides(moments: Moments) -> Sides:
    assert moments.mean_y is not None
    assert moments.variance_y is not None
    return moments.n, moments.mean_y, moments.variance_y


def _bare(control: Sides, treatment: Sides) -> tuple[Answer, Answer]:
    (n_a, m_a, v_a), (n_b, m_b, v_b) = control, treatment
    s_a, s_b = v_a / n_a, v_b / n_b
    effect, se = m_b - m_a, math.sqrt(s_a + s_b)
    df = (s_a + s_b) ** 2 / (s_a**2 / (n_a - 1) + s_b**2 / (n_b - 1))
    reach = -float(stdtrit(df, ALPHA / 2))
    p_value = 2 * float(stdtr(df, -abs(effect) / se))
    found = (effect, p_value, effect - reach * se, effect + reach * se)
    return found, _delta(control, treatment, p_value, reach)


def _delta(control: Sides, treatment: Sides, p_value: float, reach: float) -> Answer:
    (n_a, m_a, v_a), (n_b, m_b, v_b) = control, treatment
    lift = m_b / m_a - 1
    se = math.sqrt(v_b / n_b / m_a**2 + m_b**2 * v_a / n_a / m_a**4)
    return lift, p_value, lift - reach * se, lift + reach * se


def _ours(pair: Pair) -> Comparison:
    return compare(Kind.MEAN, *pair, monitoring=Monitoring.FIXED, alpha=ALPHA)


def _scipy(control: Sides, treatment: Sides) -> tuple[Answer, Answer]:
    (n_a, m_a, v_a), (n_b, m_b, v_b) = control, treatment
    test = stats.ttest_ind_from_stats(
        m_b, math.sqrt(v_b), n_b, m_a, math.sqrt(v_a), n_a, equal_var=False
    )
    s_a, s_b = v_a / n_a, v_b / n_b
    effect, se = m_b - m_a, math.sqrt(s_a + s_b)
    df = (s_a + s_b) ** 2 / (s_a**2 / (n_a - 1) + s_b**2 / (n_b - 1))
    reach, p_value = float(stats.t.isf(ALPHA / 2, df)), float(test.pvalue)
    found = (effect, p_value, effect - reach * se, effect + reach * se)
    return found, _delta(control, treatment, p_value, reach)


def _statsmodels(control: Sides, treatment: Sides) -> tuple[Answer, Answer]:
    test = CompareMeans(_weighted(treatment), _weighted(control))
    _, p_value, df = test.ttest_ind(usevar="unequal")
    low, high = test.tconfint_diff(alpha=ALPHA, usevar="unequal")
    found = (treatment[1] - control[1], float(p_value), float(low), float(high))
    return found, _delta(control, treatment, float(p_value), -float(stdtrit(df, ALPHA / 2)))


def _weighted(side: Sides) -> DescrStatsW:
    """Return n units as two values of weight n / 2, with the same mean and variance."""
    n, mean, variance = side
    away = math.sqrt(variance * (n - 1) / n)
    return DescrStatsW(np.array([mean - away, mean + away]), np.array([n / 2, n / 2]))


def _bulk_case(name: str, monitoring: Monitoring, arrays: tuple[MomentArrays, ...]) -> Case:
    def run() -> int:
        both = (EstimateArrays.of_means(each) for each in arrays)
        return len(compare_arrays(Kind.MEAN, *both, monitoring=monitoring, alpha=ALPHA).status)

    run()
    peak = _peak_megabytes(run)
    return Case(f"ours in bulk, {name} ({BULK} at once, peak {peak:.1f} MB)", run)


def _peak_megabytes(run: Callable[[], object]) -> float:
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def _require_agreement(
    pairs: list[Pair],
    sides: list[tuple[Sides, Sides]],
    metric: Mean,
    aggregates: list[tuple[Aggregates, ...]],
    arrays: tuple[MomentArrays, ...],
) -> None:
    """Raise AssertionError unless all give one absolute effect, p and interval, ours in bulk too.

    Relative intervals are of different kinds (delta, Fieller, logarithm) and differ.
    """
    both = (EstimateArrays.of_means(each) for each in arrays)
    bulk = compare_arrays(Kind.MEAN, *both, monitoring=Monitoring.FIXED, alpha=ALPHA)
    for i, side in enumerate(sides):
        tea = metric.analyze_aggregates(*aggregates[i])
        answers = [
            _bare(*side)[0],
            _scipy(*side)[0],
            _statsmodels(*side)[0],
            _answer(_ours(pairs[i])),
            _answer(bulk.at(i)),
            (tea.effect_size, tea.pvalue, tea.effect_size_ci_lower, tea.effect_size_ci_upper),
        ]
        if not np.allclose(answers, answers[0], rtol=TOLERANCE, atol=TOLERANCE):
            raise AssertionError(f"the implementations disagree: {answers}")


def _answer(found: Comparison) -> Answer:
    assert found.effect is not None
    assert found.p_value is not None
    assert found.interval is not None
    return found.effect, found.p_value, found.interval.low, found.interval.high
