"""From rows to arrays."""

import numpy as np

from recommenders.base import Kind
from recommenders.features.catalogue import ItemFeatures
from recommenders.interactions import (
    DAY_US,
    EVENT_KINDS,
    EVENT_WEIGHTS,
    Interaction,
    build_dataset,
    visits,
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


def test_event_weights__purchase__says_most() -> None:
    assert max(EVENT_WEIGHTS, key=EVENT_WEIGHTS.__getitem__) == "purchase"
    assert "refund" not in EVENT_WEIGHTS


def test_event_kinds__every_kind__weighs_more_than_the_one_below() -> None:
    of_kind = {kind: EVENT_WEIGHTS[name] for name, kind in EVENT_KINDS.items()}

    assert [of_kind[kind] for kind in sorted(of_kind)] == sorted(of_kind.values())


def test_build_dataset__purchase__keeps_kind_amount_and_end() -> None:
    rows = [
        Interaction("u", "a", 1.0, NOW_US, Kind.VIEW),
        Interaction("u", "a", 5.0, NOW_US, Kind.PURCHASE, "", 1_999),
    ]

    data = build_dataset(rows, [ItemFeatures("a")], now_us=NOW_US).data

    assert data.kind.tolist() == [Kind.VIEW, Kind.PURCHASE]
    assert data.amount.tolist() == [0, 1_999]
    assert data.until_us == NOW_US


def test_build_dataset__items__carry_category_price_and_age() -> None:
    items = [
        ItemFeatures("a", "shoes", price=500, added_us=NOW_US - 3 * DAY_US),
        ItemFeatures("b", added_us=NOW_US + DAY_US),
        ItemFeatures("c", "hats"),
    ]

    dataset = build_dataset([], items, now_us=NOW_US)

    assert dataset.category_ids == ("hats", "shoes")
    assert dataset.data.category.tolist() == [1, -1, 0]
    np.testing.assert_array_equal(dataset.data.price, np.array([500, np.nan, np.nan], np.float32))
    assert dataset.data.item_age_days.tolist() == [3, 0, 0]


def test_build_dataset__unit_that_moved__is_of_the_segment_it_was_last_seen_in() -> None:
    def seen(unit_id: str, days_ago: float, segment: str) -> Interaction:
        return _row(unit_id, "a", days_ago)._replace(segment=segment)

    rows = [
        seen("u1", 1, "country=DE"),
        seen("u1", 9, "country=AT"),
        seen("u1", 0.5, ""),
        seen("u2", 2, "country=AT"),
        seen("u3", 2, ""),
    ]

    dataset = build_dataset(rows, [ItemFeatures("a")], now_us=NOW_US)

    assert dataset.segment_ids == ("country=AT", "country=DE")
    assert dataset.data.segment.tolist() == [1, 0, -1]
    assert dataset.data.unit_features.toarray().tolist() == [[0, 1], [1, 0], [0, 0]]


def test_visits__no_session_sent__end_with_half_an_hour_of_silence() -> None:
    minutes = np.array([0, 29, 60, 5, 100])
    unit = np.array([0, 0, 0, 1, 1])

    found = visits(unit, minutes * 60_000_000, np.full(5, -1))

    assert found[0] == found[1]
    assert len({found[0], found[2], found[3], found[4]}) == 4
    assert sorted(set(found)) == [0, 1, 2, 3]


def test_visits__session_sent__holds_over_any_silence() -> None:
    unit, given = np.array([0, 0, 0, 1]), np.array([7, 7, -1, 7])

    found = visits(unit, np.array([0, 10**12, 5, 6]), given)

    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_visits__no_interactions__are_none() -> None:
    nothing = np.zeros(0, np.int64)

    assert visits(nothing, nothing, nothing).shape == (0,)
