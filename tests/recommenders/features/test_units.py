"""Recency, frequency, monetary value, and what units lean to."""

import numpy as np
from scipy.sparse import csr_matrix

from recommenders.features.units import NAMES, acts_of, acts_with_recent, affinities, unit_columns
from tests.recommenders.features.shop import shop_data

NOW_DAY = 20_000.0


def _columns(at_day: float = NOW_DAY) -> dict[str, list[float]]:
    acts = acts_of(shop_data())
    columns = unit_columns(acts, np.full(3, at_day))
    return dict(zip(NAMES, columns.T.tolist(), strict=True))


def test_units__acts_and_purchases__are_counted_from_the_moment() -> None:
    columns = _columns()

    np.testing.assert_allclose(columns["recency_days"], [1, 5, np.nan], atol=1e-3)
    np.testing.assert_allclose(columns["days_since_purchase"], [3, np.nan, np.nan], atol=1e-3)
    np.testing.assert_allclose(columns["frequency"], np.log1p([3, 1, 0]), rtol=1e-6)
    np.testing.assert_allclose(columns["monetary"], np.log1p([1_999, 0, 0]), rtol=1e-6)
    np.testing.assert_allclose(columns["purchases"], np.log1p([1, 0, 0]), rtol=1e-6)


def test_units__two_days_later__are_two_days_older() -> None:
    now, later = _columns(), _columns(NOW_DAY + 2)

    np.testing.assert_allclose(later["recency_days"][:2], np.add(now["recency_days"][:2], 2))
    assert later["frequency"] == now["frequency"]


def test_units__acted_since_training__did_so_just_now() -> None:
    recent = csr_matrix(np.array([[0, 0, 0, 0], [0, 1, 1, 0], [1, 0, 0, 0]], np.float32))
    at_day = np.full(3, NOW_DAY + 1)

    acts = acts_with_recent(acts_of(shop_data()), recent, at_day)
    columns = unit_columns(acts, at_day)

    np.testing.assert_allclose(columns[:, 0], [2, 0, 0], atol=1e-3)
    np.testing.assert_allclose(columns[:, 1], np.log1p([3, 3, 1]), rtol=1e-6)


def test_affinities__history__is_shared_out_over_groups() -> None:
    shares = affinities(shop_data().matrix, np.array([0, 1, 1, -1]))

    np.testing.assert_allclose(shares, [[6 / 7, 1 / 7], [0.0, 1.0], [0.0, 0.0]], rtol=1e-6)


def test_affinities__no_groups__are_nothing() -> None:
    assert affinities(shop_data().matrix, np.full(4, -1)).tolist() == [[0], [0], [0]]
