"""Regression adjustment beside statsmodels."""

import json
from typing import Any

import numpy as np
import pytest

from analytics.errors import InvalidInputError
from analytics.stats.results import Status
from analytics.stats.samples import Sample
from analytics.stats.variance.cuped import adjusted_means
from analytics.stats.variance.regression import Sandwich, ancova, lin_regression
from analytics.stats.variance.theta import pooled_theta

T = [0] * 5 + [1] * 5
X = [1, 2, 3, 4, 6, 1, 3, 4, 5, 7]
Y = [2, 3, 5, 4, 8, 4, 6, 7, 9, 12]


def _arms() -> list[Sample]:
    return [Sample.from_columns({"y": Y[part], "x": X[part]}) for part in (slice(5), slice(5, 10))]


def test_regression__reference_units__gives_the_published_values() -> None:
    lin, lin3 = lin_regression(Y, T, X), lin_regression(Y, T, X, sandwich=Sandwich.HC3)
    one_slope = ancova(Y, T, X)
    theta = pooled_theta(_arms(), outcome="y", covariates=["x"])
    a, b = adjusted_means(_arms(), theta)

    # ▸ §7
    assert lin.effect == pytest.approx(2.211351351, rel=1e-9)
    assert lin.se == pytest.approx(0.5189259845, rel=1e-9)
    assert lin3.se == pytest.approx(0.7512580518, rel=1e-9)
    assert one_slope.effect == pytest.approx(2.197701149, rel=1e-9)
    # The reference prints ...5648; statsmodels agrees with this, a difference of 1e-8.
    assert one_slope.se == pytest.approx(0.4509625600, rel=1e-9)
    assert (b.estimate.value or 0) - (a.estimate.value or 0) == pytest.approx(2.197701149, rel=1e-9)
    variance = (a.estimate.variance or 0) + (b.estimate.variance or 0)
    assert np.sqrt(variance) == pytest.approx(0.4344371441, rel=1e-9)


@pytest.mark.parametrize("sandwich", list(Sandwich))
@pytest.mark.parametrize("has_interaction", [True, False])
@pytest.mark.parametrize("k", [0, 1, 3])
def test_regression__random_units__agrees_with_statsmodels(
    sandwich: Sandwich, has_interaction: bool, k: int, rng: np.random.Generator
) -> None:
    from statsmodels.api import OLS

    n = 300
    x = rng.normal(size=(n, k)) * np.array([1, 100, 1e-3][:k]) + 5
    treated = (rng.random(n) < 0.2).astype(float)
    y = x @ np.array([1, 0.02, 300][:k]) + treated * (1 + rng.normal(size=n)) + rng.normal(size=n)
    centred = x - x.mean(axis=0)
    columns = [np.ones(n), treated, *centred.T]
    if has_interaction:
        columns += [treated * each for each in centred.T]
    expected = OLS(y, np.column_stack(columns)).fit(cov_type=sandwich.value.upper())

    found = (lin_regression if has_interaction else ancova)(y, treated, x, sandwich=sandwich)

    assert found.test is not None
    assert found.effect == pytest.approx(expected.params[1], rel=1e-9)
    assert found.se == pytest.approx(expected.bse[1], rel=1e-9)
    assert found.test.p_value == pytest.approx(expected.pvalues[1], rel=1e-8)
    assert (found.test.interval.low, found.test.interval.high) == pytest.approx(
        tuple(expected.conf_int()[1]), rel=1e-8
    )


def test_lin__covariates_that_repeat_or_stand_still__change_nothing(
    rng: np.random.Generator,
) -> None:
    x, treated = rng.normal(size=200), np.arange(200) % 2
    y = x + treated + rng.normal(size=200)
    more = np.column_stack([x, 1000 * x + 3, np.full(200, 0.1)])
    plain, repeated = lin_regression(y, treated, x), lin_regression(y, treated, more)

    assert repeated.effect == pytest.approx(plain.effect, rel=1e-9)
    assert repeated.se == pytest.approx(plain.se, rel=1e-9)
    assert (plain.n_covariates, repeated.n_covariates) == (1, 1)


@pytest.mark.parametrize(
    ("y", "treated", "x"),
    [
        ([], [], []),
        ([1.0], [1], [2.0]),
        ([1.0, 2, 3, 5], [1, 1, 1, 1], [1.0, 2, 4, 3]),
        ([1.0, 2, 3, 5, 2, 1], [0, 1, 1, 1, 1, 1], [1.0, 2, 4, 3, 5, 9]),
    ],
    ids=["nobody", "one unit", "no control", "a single control unit"],
)
def test_lin__too_few_units__is_insufficient(
    y: list[float], treated: list[int], x: list[float]
) -> None:
    found = lin_regression(y, treated, x)

    assert found.status is Status.INSUFFICIENT_DATA
    assert (found.effect, found.se, found.test) == (None, None, None)
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    "y", [[0.0] * 10, [float(2 * x + 3 * t) for x, t in zip(X, T, strict=True)]]
)
def test_lin__no_residual__is_zero_variance(y: list[float]) -> None:
    found = lin_regression(y, T, X)

    assert found.status is Status.ZERO_VARIANCE
    assert found.effect == pytest.approx(3.0 if any(y) else 0.0)
    assert (found.se, found.test) == (None, None)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"is_treated": [2] * 10}, "zeros and ones"),
        ({"y": [float("nan")] * 10}, "finite"),
        ({"covariates": [float("inf")] * 10}, "finite"),
        ({"covariates": [1.0] * 9}, "equally long"),
        ({"covariates": [[[1.0]]] * 10}, "covariates must be"),
        ({"alpha": 0.0}, "alpha"),
    ],
)
def test_lin__caller_mistakes__raise(change: dict[str, Any], match: str) -> None:
    with pytest.raises(InvalidInputError, match=match):
        lin_regression(**({"y": Y, "is_treated": T, "covariates": X} | change))
