"""Error rates and coverage on simulated shops; targets of the methods' published simulations."""

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.stats.compare import compare, compare_estimates
from analytics.stats.moments import Moments
from analytics.stats.results import Comparison, Estimate, Kind, Monitoring

pytestmark = pytest.mark.slow

BASKET_LOG_MEAN = np.log(6000)  # 60 in minor units
BUYERS = 0.03


def _revenue(n: int, rng: np.random.Generator, *, sigma: float = 1.0) -> NDArray[np.int64]:
    """Return revenue per unit in minor units: 3 % buy, baskets are log-normal."""
    baskets = rng.lognormal(BASKET_LOG_MEAN, sigma, n)
    return np.where(rng.random(n) < BUYERS, baskets, 0).astype(np.int64)


def _moments(y: NDArray[np.int64], x: NDArray[np.int64] | None = None) -> Moments:
    """Return exact moments; the simulated sums stay below 2**63."""
    if x is None:
        return Moments(len(y), int(y.sum()), int((y * y).sum()))
    sums = (y, y * y, x, x * x, x * y)
    return Moments(len(y), *(int(each.sum()) for each in sums))


def _clicks(n: int, lift: float, rng: np.random.Generator) -> Moments:
    """Return clicks and impressions of units whose own rates differ: Beta(1, 19)."""
    impressions = rng.poisson(11, n)
    rates = np.minimum(rng.beta(1, 19, n) * (1 + lift), 1)
    return _moments(rng.binomial(impressions, rates), impressions)


def _is_told_apart(found: Comparison) -> bool:
    return found.p_value is not None and found.p_value < found.alpha


def _covers(found: Comparison, lift: float) -> bool:
    return found.lift_interval is None or not found.lift_interval.excludes(lift)


def test_fixed__skewed_revenue_without_effect__errs_at_most_six_in_a_hundred(
    rng: np.random.Generator,
) -> None:
    runs = [
        compare(
            Kind.MEAN,
            _moments(_revenue(10_000, rng)),
            _moments(_revenue(10_000, rng)),
            monitoring=Monitoring.FIXED,
        )
        for _ in range(2000)
    ]

    assert np.mean([_is_told_apart(each) for each in runs]) <= 0.06
    assert np.mean([_covers(each, 0.0) for each in runs]) >= 0.94


def test_always_valid__daily_looks_without_effect__errs_at_most_five_in_a_hundred(
    rng: np.random.Generator,
) -> None:
    looks, per_look, runs = 28, 360, 600
    wrong = 0
    for _ in range(runs):
        a = _revenue(looks * per_look, rng).reshape(looks, per_look)
        b = _revenue(looks * per_look, rng).reshape(looks, per_look)
        n = per_look * np.arange(1, looks + 1)
        sums = [(np.cumsum(y.sum(1)), np.cumsum((y * y).sum(1))) for y in (a, b)]
        wrong += any(
            _is_told_apart(
                compare(
                    Kind.MEAN,
                    *(Moments(int(n[k]), int(s[k]), int(ss[k])) for s, ss in sums),
                    planned_n=2 * looks * per_look,
                )
            )
            for k in range(looks)
        )

    assert wrong / runs <= 0.05


@pytest.mark.parametrize("lift", [0.0, 0.1])
def test_ratio__click_through_rate__covers_the_true_lift(
    lift: float, rng: np.random.Generator
) -> None:
    truth = _true_click_lift(lift)
    runs = [
        compare(
            Kind.RATIO,
            _clicks(2000, 0.0, rng),
            _clicks(2000, lift, rng),
            monitoring=Monitoring.FIXED,
        )
        for _ in range(3000)
    ]

    # Three Monte Carlo errors around 0.95.
    assert np.mean([_covers(each, truth) for each in runs]) == pytest.approx(0.95, abs=0.012)


def _true_click_lift(lift: float) -> float:
    """Return the lift of the mean rate; capping rates at 1 costs a sliver of it."""
    grid = (np.arange(200_000) + 0.5) / 200_000
    rates = 1 - (1 - grid) ** (1 / 19)  # quantiles of Beta(1, 19)
    return float(np.minimum(rates * (1 + lift), 1).mean() / rates.mean() - 1)


@pytest.mark.parametrize("lift", [0.0, 0.1])
def test_mean__revenue_per_unit__covers_the_true_lift(
    lift: float, rng: np.random.Generator
) -> None:
    runs = [
        compare(
            Kind.MEAN,
            _moments(_revenue(10_000, rng)),
            _moments((_revenue(10_000, rng) * (1 + lift)).astype(np.int64)),
            monitoring=Monitoring.FIXED,
        )
        for _ in range(1500)
    ]

    assert np.mean([_covers(each, lift) for each in runs]) == pytest.approx(0.95, abs=0.017)


@pytest.mark.parametrize(("share", "n"), [(0.005, 2000), (0.02, 2000), (0.09, 2000)])
def test_fieller__shares_of_any_precision__covers_the_true_lift(
    share: float, n: int, rng: np.random.Generator
) -> None:
    x_a, x_b = rng.binomial(n, share, 4000), rng.binomial(n, share * 1.1, 4000)
    runs = [
        compare_estimates(
            Kind.BINARY, *(_share(int(x), n) for x in pair), monitoring=Monitoring.FIXED
        )
        for pair in zip(x_a, x_b, strict=True)
    ]
    bounded = [each for each in runs if each.lift_interval is not None]

    assert len(bounded) >= 0.95 * len(runs)
    assert np.mean([_covers(each, 0.1) for each in bounded]) == pytest.approx(0.95, abs=0.012)


def _share(x: int, n: int) -> Estimate:
    return Estimate(n, x / n, x * (n - x) / n**3)
