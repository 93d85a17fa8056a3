"""Popularity with decay, age and price tier."""

import numpy as np

from recommenders.features.items import NAMES, ItemFacts, decayed_popularity, item_columns
from tests.recommenders.features.shop import shop_data


def test_popularity__one_half_life_old__counts_half() -> None:
    popular = decayed_popularity(shop_data(), half_life_days=3)

    np.testing.assert_allclose(popular, [2**-3 + 5 / 2, 2 ** (-1 / 3), 2 ** (-5 / 3), 0], rtol=1e-6)


def test_items__at_a_moment__have_age_tier_and_price() -> None:
    facts = ItemFacts.of(shop_data())

    columns = item_columns(facts, np.array([0, 1, 3, 3]), np.array([20_001.0, 1, 20_000, 20_002]))
    named = dict(zip(NAMES, columns.T.tolist(), strict=True))

    np.testing.assert_allclose(named["age_days"], [31, 0, 0, 2], atol=1e-3)
    np.testing.assert_array_equal(named["price_tier"], [0, 2, np.nan, np.nan])
    np.testing.assert_allclose(named["price"], [*np.log1p([100, 200]), np.nan, np.nan], rtol=1e-6)


def test_items__stored__hold_finite_numbers_only() -> None:
    facts = ItemFacts.of(shop_data())

    assert all(np.isfinite(array).all() for array in facts.state().values())
    restored = ItemFacts.from_state(facts.state())
    np.testing.assert_array_equal(restored.price, [100, 200, 300, -1])
