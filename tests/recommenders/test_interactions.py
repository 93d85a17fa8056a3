"""From rows to arrays."""

import numpy as np

from recommenders.interactions import (
    DAY_US,
    EVENT_WEIGHTS,
    Interaction,
    ItemFeatures,
    build_dataset,
    item_feature_matrix,
)

NOW_US = 100 * DAY_US


def _row(unit_id: str, item_id: str, days_ago: float = 1, weight: float = 1) -> Interaction:
    return Interaction(unit_id, item_id, weight, int(NOW_US - days_ago * DAY_US))


def test_build_dataset__rows_in_any_order__has_sorted_ids_and_matching_arrays() -> None:
    items = [ItemFeatures("b"), ItemFeatures("a"), ItemFeatures("untouched")]
    rows = [_row("u2", "b", 3, 5.0), _row("u1", "a", 0.5, 1.0), _row("u2", "b", 1, 2.0)]

    dataset = build_dataset(rows, items, now_us=NOW_US)

    assert dataset.unit_ids == ("u1", "u2")
    assert dataset.item_ids == ("a", "b", "untouched")
    assert dataset.data.unit.tolist() == [1, 0, 1]
    assert dataset.data.item.tolist() == [1, 0, 1]
    assert dataset.data.age_days.tolist() == [3, 0.5, 1]
    assert dataset.data.matrix.toarray().tolist() == [[1, 0, 0], [0, 7, 0]]


def test_build_dataset__item_not_in_the_catalogue__is_left_out_with_its_unit() -> None:
    dataset = build_dataset([_row("u1", "gone")], [ItemFeatures("a")], now_us=NOW_US)

    assert dataset.unit_ids == ()
    assert dataset.data.matrix.shape == (0, 1)


def test_build_dataset__empty_catalogue__is_empty() -> None:
    dataset = build_dataset([_row("u1", "a")], [], now_us=NOW_US)

    assert dataset.item_ids == ()
    assert dataset.data.features.shape == (0, 0)


def test_build_dataset__event_after_the_end__counts_as_new() -> None:
    dataset = build_dataset([_row("u1", "a", -2)], [ItemFeatures("a")], now_us=NOW_US)

    assert dataset.data.age_days.tolist() == [0]


def test_build_dataset__ids_beyond_ascii__are_sorted_by_their_bytes() -> None:
    unit_ids = ["é", "z", "日本", "a", "😀"]

    dataset = build_dataset(
        [_row(unit_id, "a") for unit_id in unit_ids], [ItemFeatures("a")], now_us=NOW_US
    )

    assert list(dataset.unit_ids) == sorted(unit_ids, key=str.encode)


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


def test_event_weights__purchase__says_most() -> None:
    assert max(EVENT_WEIGHTS, key=EVENT_WEIGHTS.__getitem__) == "purchase"
    assert "refund" not in EVENT_WEIGHTS
