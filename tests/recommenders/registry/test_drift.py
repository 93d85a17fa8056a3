"""Drift: the stability index by hand, profiles of interactions, and what they are compared by."""

import tracemalloc
from collections import Counter
from math import log

import numpy as np
import pytest

from recommenders.base import Kind, TrainingData
from recommenders.drift import (
    Profile,
    Touches,
    drift,
    popularity_groups,
    profile,
    sampled,
    stability_index,
    touches,
)
from tests.recommenders.data import pairs_of, training_data


def test_stability_index__worked_by_hand__agrees() -> None:
    before, now = {"a": 0.6, "b": 0.3, "c": 0.1}, {"a": 0.4, "b": 0.4, "c": 0.2}

    found = stability_index(before, now)

    by_hand = -0.2 * log(0.4 / 0.6) + 0.1 * log(0.4 / 0.3) + 0.1 * log(0.2 / 0.1)
    assert by_hand == pytest.approx(0.1791759, abs=1e-7)
    assert found == pytest.approx(by_hand, abs=1e-12)


def test_stability_index__equal_shares__is_zero_and_it_is_symmetric() -> None:
    one, other = {"a": 0.9, "b": 0.1}, {"a": 0.2, "b": 0.8}

    assert stability_index(one, one) == 0
    assert stability_index(one, other) == pytest.approx(stability_index(other, one))


def test_stability_index__bucket_that_is_new__counts_as_one_in_ten_thousand_before() -> None:
    found = stability_index({"a": 1.0}, {"a": 0.5, "b": 0.5})

    by_hand = -0.5 * log(0.5) + (0.5 - 1e-4) * log(0.5 / 1e-4)
    assert found == pytest.approx(by_hand)


def test_groups__of_items__hold_a_tenth_of_the_touches_each_and_the_untouched_are_last() -> None:
    pairs = [(unit, item) for item in range(20) for unit in range(10)]
    data = training_data(pairs_of(*pairs), n_units=10, n_items=25)

    groups = popularity_groups(data)

    assert np.bincount(groups[:20]).tolist() == [2] * 10
    assert groups[20:].tolist() == [9] * 5


def test_groups__one_item_that_everybody_wants__are_still_in_bounds() -> None:
    data = training_data(pairs_of(*[(unit, 0) for unit in range(9)]), n_units=9, n_items=3)

    assert popularity_groups(data).tolist() == [5, 9, 9]


def test_groups__without_interactions__are_the_last() -> None:
    data = training_data(pairs_of(), n_units=0, n_items=3)

    assert popularity_groups(data).tolist() == [9, 9, 9]


def seen(prices: list[float], kinds: list[Kind], categories: list[int]) -> Touches:
    return Touches(
        group=np.zeros(len(prices), np.int8),
        category=np.array(categories, np.int64),
        price=np.array(prices, np.float32),
        kind=np.array(kinds, np.int8),
        names=("lamps", "rugs"),
    )


def test_profile__of_interactions__shares_them_out_and_names_what_is_unknown() -> None:
    nothing = float("nan")
    found = profile(
        seen([1, 2, 3, nothing], [Kind.VIEW, Kind.VIEW, Kind.CART, Kind.VIEW], [0, 0, 1, -1])
    )

    assert found.n == 4
    assert found.shares["category"] == {"lamps": 0.5, "rugs": 0.25, "none": 0.25}
    assert found.shares["kind"] == {"view": 0.75, "cart": 0.25}
    assert found.shares["price"]["none"] == 0.25
    assert sum(found.shares["price"].values()) == pytest.approx(1)


def test_profile__of_nothing__is_empty() -> None:
    found = profile(seen([], [], []))

    assert (found.n, found.shares["kind"], found.edges) == (0, {}, [])


def test_drift__dearer_items_by_the_old_edges__shows_in_price_alone() -> None:
    before = profile(seen([1, 2, 3, 4, 5] * 20, [Kind.VIEW] * 100, [0] * 100))
    now = profile(seen([4, 5] * 50, [Kind.VIEW] * 100, [0] * 100), edges=before.edges)

    found = drift(before, now)

    assert found["price"] > 0.25
    assert found["kind"] == found["category"] == found["popularity"] == 0


def test_profile__written_and_read__compares_the_same() -> None:
    before = profile(seen([1, 2, 3, 4, 5], [Kind.VIEW] * 5, [0, 1, 0, 1, 0]))

    assert drift(Profile(**before.document()), before) == dict.fromkeys(before.shares, 0.0)


def test_touches__of_data__take_each_interactions_item() -> None:
    data = training_data(pairs_of((0, 1), (1, 0)), n_units=2, n_items=2)
    priced = TrainingData(**{**vars(data), "price": np.array([10, 20], np.float32)})

    found = touches(priced, np.array([3, 7], np.int8), ())

    assert found.group.tolist() == [7, 3]
    assert found.price.tolist() == [20, 10]


def test_sample__of_more_than_it_may_hold__takes_each_with_the_same_chance() -> None:
    rng = np.random.default_rng(7)
    times, rows, most = 2_000, 40, 10

    taken = np.array([sampled(iter(range(rows)), most, rng) for _ in range(times)])

    assert taken.shape == (times, most)
    assert all(len(set(each)) == most for each in taken.tolist())
    counts = np.bincount(taken.ravel(), minlength=rows)
    due = times * most / rows
    # Thirty-nine degrees of freedom: chance alone passes 72 once in a thousand seeds.
    assert ((counts - due) ** 2 / due).sum() < 72


@pytest.mark.parametrize("rows", [0, 3, 4])
def test_sample__of_no_more_than_it_may_hold__is_all_of_them(rows: int) -> None:
    assert sampled(iter(range(rows)), 4, np.random.default_rng(7)) == list(range(rows))


def test_sample__of_very_many__holds_a_few_and_shifts_no_share() -> None:
    tracemalloc.start()
    found = sampled((f"{row % 4}" * 100 for row in range(100_000)), 2_000, np.random.default_rng(7))
    _now, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most_bytes < 2_000_000  # all of them are 15 MB
    counts = Counter(text[0] for text in found)
    even = dict.fromkeys("0123", 0.25)
    assert stability_index(even, {key: n / 2_000 for key, n in counts.items()}) < 0.01
