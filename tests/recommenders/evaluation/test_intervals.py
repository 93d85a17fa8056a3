"""Bootstrap intervals."""

import numpy as np
import pytest

from recommenders.evaluation.intervals import bootstrap_intervals


def _rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_interval__normal_values__is_that_of_the_mean_in_theory() -> None:
    values = np.random.default_rng(1).normal(3, 2, (2_000, 1))

    low, high = bootstrap_intervals(values, rng=_rng(), draws=4_000)[:, 0]

    reach = 1.96 * values.std() / 2_000**0.5
    assert low == pytest.approx(values.mean() - reach, abs=reach / 10)
    assert high == pytest.approx(values.mean() + reach, abs=reach / 10)


def test_interval__same_seed__is_the_same_whatever_stands_beside_it() -> None:
    values = np.random.default_rng(1).random((50, 3))

    together = bootstrap_intervals(values, rng=_rng())
    alone = bootstrap_intervals(values[:, 1:2], rng=_rng())

    assert together[:, 1].tolist() == alone[:, 0].tolist()


def test_interval__units_without_a_value__are_left_out_of_the_mean() -> None:
    values = np.array([[1.0], [1.0], [np.nan], [np.nan]])

    assert bootstrap_intervals(values, rng=_rng())[:, 0].tolist() == [1, 1]


def test_interval__fewer_than_two_values__is_none() -> None:
    values = np.array([[1.0, 2.0], [np.nan, 3.0]])

    found = bootstrap_intervals(values, rng=_rng())

    assert np.isnan(found[:, 0]).all()
    assert np.isfinite(found[:, 1]).all()


def test_interval__covers__as_often_as_it_claims() -> None:
    rng = np.random.default_rng(2)
    samples = rng.random((40, 200)) < 0.3

    ends = bootstrap_intervals(samples.astype(float), rng=_rng())

    covered = ((ends[0] <= 0.3) & (ends[1] >= 0.3)).mean()
    assert 0.88 < covered < 0.99  # 200 runs of 95 %, and the percentile method is a little narrow
