"""What the catalogue says of items, as columns."""

import numpy as np

from recommenders.features.catalogue import (
    ItemFeatures,
    item_feature_matrix,
    one_hot,
    price_tiers,
    prices_of,
)


def test_item_features__some_unknown__weigh_one_in_every_row() -> None:
    items = [
        ItemFeatures("a", "shoes", "acme", 1_000),
        ItemFeatures("b", "shoes", "", 90_000),
        ItemFeatures("c"),
    ]

    features = item_feature_matrix(items).toarray()

    np.testing.assert_allclose(features.sum(axis=1), 1)
    assert np.count_nonzero(features, axis=1).tolist() == [4, 3, 1]
    # What two items share is their category: identity and price tier differ.
    assert np.count_nonzero(features[0] * features[1]) == 1


def test_item_features__prices__fall_into_tiers_of_equal_size() -> None:
    items = [ItemFeatures(f"i{price:03d}", price=price) for price in range(100)]

    tiers = item_feature_matrix(items).toarray()[:, 100:]

    assert (tiers > 0).sum(axis=0).tolist() == [20] * 5


def test_price_tiers__unknown_and_equal_prices__are_told_apart_from_the_rest() -> None:
    prices = prices_of([ItemFeatures("a", price=7), ItemFeatures("b"), ItemFeatures("c", price=7)])

    assert price_tiers(prices).tolist() == [0, -1, 0]
    assert price_tiers(prices_of([])).tolist() == []


def test_one_hot__nothing_known__is_an_empty_row() -> None:
    assert one_hot(np.array([1, -1]), 3).toarray().tolist() == [[0, 1, 0], [0, 0, 0]]
    assert one_hot(np.array([-1])).shape == (1, 0)
