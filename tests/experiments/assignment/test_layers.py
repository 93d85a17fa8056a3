"""Ranges of buckets: variants, allocations, free space."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.assignment.hashing import BUCKETS
from experiments.assignment.layers import (
    Range,
    complement,
    holds,
    place_allocation,
    variant_ranges,
)
from experiments.errors import AllocationError, InvalidInput

weight_lists = st.lists(st.integers(1, 10_000), min_size=1, max_size=20)


def ranges(cuts: list[int]) -> list[Range]:
    """Return every other stretch between sorted cuts: ranges that do not overlap."""
    points = sorted(set(cuts))
    return list(zip(points[::2], points[1::2], strict=False))


taken_lists = st.lists(st.integers(0, BUCKETS), max_size=12).map(ranges)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([1], [(0, 10_000)]),
        ([1, 1], [(0, 5000), (5000, 10_000)]),
        ([50, 30, 20], [(0, 5000), (5000, 8000), (8000, 10_000)]),
        ([1, 1, 1], [(0, 3334), (3334, 6667), (6667, 10_000)]),
        ([2, 1], [(0, 6667), (6667, 10_000)]),
        ([1, 9998, 1], [(0, 1), (1, 9999), (9999, 10_000)]),
        (
            [1] * 7,
            [(0, 1429), (1429, 2858), (2858, 4287), (4287, 5716), (5716, 7144), (7144, 8572),
             (8572, 10_000)],
        ),
    ],
)  # fmt: skip
def test_variant_ranges__known_weights__are_frozen(
    weights: list[int], expected: list[Range]
) -> None:
    assert list(variant_ranges(weights)) == expected


@given(weight_lists)
def test_variant_ranges__any_weights__fill_all_buckets_in_order(weights: list[int]) -> None:
    found = variant_ranges(weights)

    assert [start for start, _ in found] == [0, *(stop for _, stop in found[:-1])]
    assert found[-1][1] == BUCKETS


@given(weight_lists)
def test_variant_ranges__any_weights__are_within_one_bucket_of_the_share(
    weights: list[int],
) -> None:
    for weight, (start, stop) in zip(weights, variant_ranges(weights), strict=True):
        assert abs((stop - start) - weight * BUCKETS / sum(weights)) < 1


@pytest.mark.parametrize("weights", [[], [0], [1, -1], [1, 0]])
def test_variant_ranges__weights_that_pick_nobody__are_refused(weights: list[int]) -> None:
    with pytest.raises(InvalidInput, match="positive integers"):
        variant_ranges(weights)


@given(taken_lists)
def test_complement__of_its_complement__is_the_same_buckets(taken: list[Range]) -> None:
    free = complement(taken)

    assert all(start < stop for start, stop in free)
    assert sum(stop - start for start, stop in [*free, *taken]) == BUCKETS
    assert not any(holds(taken, start) or holds(taken, stop - 1) for start, stop in free)


def test_complement__of_overlapping_ranges__is_what_none_holds() -> None:
    assert complement([(2000, 6000), (0, 100), (5000, 7000)]) == [(100, 2000), (7000, BUCKETS)]


@given(taken_lists, st.integers(1, BUCKETS))
def test_place_allocation__any_layer__gives_free_buckets_or_says_how_many_there_are(
    taken: list[Range], size: int
) -> None:
    largest = max((stop - start for start, stop in complement(taken)), default=0)
    if size > largest:
        with pytest.raises(AllocationError, match=f"the largest gap has {largest}$"):
            place_allocation(taken, size)
        return

    start, stop = place_allocation(taken, size)

    assert stop - start == size
    assert all(stop <= other or other_stop <= start for other, other_stop in taken)
    assert 0 <= start < stop <= BUCKETS


def test_place_allocation__two_gaps__takes_the_first_that_is_large_enough() -> None:
    taken = [(500, 1000), (3000, 4000)]

    assert place_allocation(taken, 500) == (0, 500)
    assert place_allocation(taken, 501) == (1000, 1501)
    assert place_allocation(taken, 6000) == (4000, 10_000)


@pytest.mark.parametrize("size", [0, -5, 10_001])
def test_place_allocation__impossible_size__is_refused(size: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 10000 buckets"):
        place_allocation([], size)


@pytest.mark.parametrize(
    ("bucket", "is_held"), [(99, False), (100, True), (199, True), (200, False), (300, True)]
)
def test_holds__at_the_edges__is_half_open(bucket: int, is_held: bool) -> None:
    assert holds([(100, 200), (300, 301)], bucket) is is_held
