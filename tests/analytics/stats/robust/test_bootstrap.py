"""Bootstrap-t: the same seed the same interval, and what it is good for."""

import json
from typing import Any

import numpy as np
import pytest
from scipy import stats

from analytics.errors import InvalidInputError
from analytics.stats.means import mean_estimate, welch_test
from analytics.stats.results import Status
from analytics.stats.robust.bootstrap import (
    BootstrapInterval,
    bootstrap_t,
    needs_bootstrap,
    poisson_moments,
    resampled_moments,
    streamed_bootstrap_t,
)
from analytics.stats.value_counts import ValueCounts


def _ends(found: BootstrapInterval) -> tuple[float, float]:
    assert found.interval is not None
    return found.interval.low, found.interval.high


def _revenue(rng: np.random.Generator, n: int) -> ValueCounts:
    baskets = rng.lognormal(np.log(6000), 1, n)
    return ValueCounts.from_values(np.where(rng.random(n) < 0.1, baskets, 0).astype(np.int64))


def test_bootstrap_t__same_seed__gives_the_same_interval(rng: np.random.Generator) -> None:
    a, b = _revenue(rng, 400), _revenue(rng, 300)

    assert bootstrap_t(a, b, seed=7) == bootstrap_t(a, b, seed=7)
    assert bootstrap_t(a, b, seed=7) != bootstrap_t(a, b, seed=8)
    assert bootstrap_t(a, b, seed=7).seed == 7


def test_bootstrap_t__normal_values__is_close_to_welch(rng: np.random.Generator) -> None:
    a, b = (ValueCounts.from_values(rng.normal(m, 3, 400)) for m in (10, 11))
    found = bootstrap_t(a, b, seed=1, resamples=9999)
    welch = welch_test(mean_estimate(a.moments()), mean_estimate(b.moments()))

    assert found.effect == pytest.approx(welch.effect, rel=1e-12)
    assert _ends(found) == pytest.approx((welch.interval.low, welch.interval.high), abs=0.03)


def test_bootstrap_t__skewed_treatment__reaches_further_up_than_down(
    rng: np.random.Generator,
) -> None:
    a, b = ValueCounts.from_values([10, 11, 12, 13] * 100), _revenue(rng, 150)
    low, high = _ends(found := bootstrap_t(a, b, seed=3))

    assert high - (found.effect or 0) > 1.2 * ((found.effect or 0) - low)


def test_bootstrap_t__variants_exchanged__flips_the_interval(rng: np.random.Generator) -> None:
    a, b = _revenue(rng, 2000), _revenue(rng, 2000)
    there, back = (_ends(bootstrap_t(*each, seed=5, resamples=9999)) for each in ((a, b), (b, a)))

    width = there[1] - there[0]
    assert there == pytest.approx((-back[1], -back[0]), abs=0.05 * width)


def test_bootstrap_t__wider_confidence__contains_the_narrower(rng: np.random.Generator) -> None:
    a, b = _revenue(rng, 300), _revenue(rng, 300)
    wide, narrow = (_ends(bootstrap_t(a, b, seed=5, alpha=alpha)) for alpha in (0.01, 0.1))

    assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]


def test_resamples__many__have_the_moments_of_resampling(rng: np.random.Generator) -> None:
    values = ValueCounts.from_values([0, 0, 0, 0, 3, 8])
    drawn = resampled_moments(values, 20_000, rng=rng)
    streamed = poisson_moments(values, 20_000, rng=rng)

    assert (drawn.n == 6).all()
    assert drawn.mean_y.mean() == pytest.approx(11 / 6, abs=0.03)
    expected = np.var([0, 0, 0, 0, 3, 8]) / 6
    assert drawn.mean_y.var() == pytest.approx(expected, rel=0.05)
    assert streamed.n.mean() == pytest.approx(6, rel=0.02)
    assert streamed.n.var() == pytest.approx(6, rel=0.05)


def test_streamed__parts_merged_on_the_way__is_close_to_the_whole(
    rng: np.random.Generator,
) -> None:
    parts = [[_revenue(rng, 1500) for _ in range(3)] for _ in range(2)]
    wholes = [each[0] + each[1] + each[2] for each in parts]
    drawn = [[poisson_moments(part, 4000, rng=rng) for part in each] for each in parts]
    merged = (drawn[0][0] + drawn[0][1] + drawn[0][2], drawn[1][0] + drawn[1][1] + drawn[1][2])

    found = streamed_bootstrap_t(wholes[0], wholes[1], merged, seed=20_261_120)
    whole = bootstrap_t(wholes[0], wholes[1], seed=1, resamples=4000)

    width = _ends(whole)[1] - _ends(whole)[0]
    assert _ends(found) == pytest.approx(_ends(whole), abs=0.06 * width)


@pytest.mark.parametrize(
    ("a", "b", "status", "effect"),
    [
        ([], [1, 2], Status.INSUFFICIENT_DATA, None),
        ([3], [1, 2], Status.INSUFFICIENT_DATA, None),
        ([2, 2], [5, 5], Status.ZERO_VARIANCE, 3.0),
        ([0] * 50, [0] * 49 + [9], Status.INSUFFICIENT_DATA, 9 / 50),
    ],
    ids=["nobody", "one unit", "nothing varies", "most resamples still"],
)
def test_bootstrap_t__degenerate_units__say_why(
    a: list[int], b: list[int], status: Status, effect: float | None
) -> None:
    both = (ValueCounts.from_values(np.array(each, dtype=int)) for each in (a, b))
    found = bootstrap_t(*both, seed=1)

    assert (found.status, found.interval) == (status, None)
    assert found.effect == pytest.approx(effect)
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    "change", [{"resamples": 1000}, {"seed": -1}, {"alpha": 0.0}, {"alpha": float("nan")}]
)
def test_bootstrap_t__caller_mistakes__raise(change: dict[str, Any]) -> None:
    some = ValueCounts.from_values([1, 2, 5, 7])

    with pytest.raises(InvalidInputError):
        bootstrap_t(some, some, **({"seed": 1} | change))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [((9999, 50_000), True), ((10_000, 10_000), False), ((90_000, 10_000), True), ((0, 0), True)],
)
def test_needs_bootstrap__few_or_uneven_units__is_true(
    sizes: tuple[int, int], expected: bool
) -> None:
    assert needs_bootstrap(*sizes) is expected


@pytest.mark.slow
def test_bootstrap_t__uneven_skewed_revenue__balances_its_errors_better_than_welch(
    rng: np.random.Generator,
) -> None:
    runs, sides = 150, {"bootstrap": [0, 0], "welch": [0, 0]}
    for run in range(runs):
        a, b = _revenue(rng, 1800), _revenue(rng, 200)
        welch = welch_test(mean_estimate(a.moments()), mean_estimate(b.moments()))
        found = {"bootstrap": bootstrap_t(a, b, seed=run).interval, "welch": welch.interval}
        for name, interval in found.items():
            assert interval is not None
            sides[name][0] += interval.low > 0
            sides[name][1] += interval.high < 0

    # Three Monte Carlo errors of a test that keeps 5 %.
    assert sum(sides["bootstrap"]) <= stats.binom.ppf(0.9987, runs, 0.05)
    assert max(sides["bootstrap"]) <= max(sides["welch"])
