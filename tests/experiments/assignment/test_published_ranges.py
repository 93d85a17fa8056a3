"""The published cases of hashing, ranges and choices, as far as this product has the thing.

Left out, since nothing here does it: `inNamespace` (16 cases; layers are filters with hash version
2), version 1 of the hash and unknown versions (8 of `hash`), and `coverage` (a layer's filter
admits a share, the variants' ranges always fill all buckets).
"""

from typing import Any

import pytest

from experiments.assignment.hashing import BUCKETS, bucket_of
from experiments.assignment.layers import holds, variant_ranges
from tests.experiments.assignment.published import published

# Our weights are whole shares of any sum, so that these four cannot be written.
BAD_WEIGHTS = {
    "weights sum below 1",
    "weights sum above 1",
    "weights.length not equal to num variations",
    "weights sum almost equals 1",
}
HASHES = [case for case in published("hash") if case[2] == 2]
RANGES = [
    case for case in published("getBucketRange") if case[1][1] == 1 and case[0] not in BAD_WEIGHTS
]
EQUAL = [case for case in published("getEqualWeights") if case[0] > 0]


def test_published_cases__that_apply__are_as_many_as_the_file_holds() -> None:
    assert (len(HASHES), len(RANGES), len(EQUAL)) == (7, 4, 4)


@pytest.mark.parametrize("case", HASHES, ids=str)
def test_bucket__of_a_published_case__is_the_published_one(case: list[Any]) -> None:
    seed, value, _, fraction = case

    assert bucket_of(value, seed=seed) / BUCKETS == fraction


@pytest.mark.parametrize("case", RANGES, ids=lambda case: case[0])
def test_ranges__of_published_weights__are_the_published_ones(case: list[Any]) -> None:
    _, (count, _, weights), ranges = case
    shares = [round(weight * BUCKETS) for weight in weights or [1 / count] * count]

    ours = [[start / BUCKETS, stop / BUCKETS] for start, stop in variant_ranges(shares)]

    assert ours == ranges


@pytest.mark.parametrize("case", EQUAL, ids=str)
def test_ranges__of_equal_weights__are_the_published_weights_to_a_bucket(case: list[Any]) -> None:
    count, weights = case

    shares = [(stop - start) / BUCKETS for start, stop in variant_ranges([1] * count)]

    assert shares == pytest.approx(weights, abs=1 / BUCKETS)


@pytest.mark.parametrize("case", published("chooseVariation"), ids=lambda case: case[0])
def test_choice__of_a_published_fraction__is_the_published_variant(case: list[Any]) -> None:
    _, fraction, ranges, expected = case
    bucket = round(fraction * BUCKETS)
    ours = [(round(start * BUCKETS), round(stop * BUCKETS)) for start, stop in ranges]

    chosen = next((i for i, range_ in enumerate(ours) if holds((range_,), bucket)), -1)

    assert chosen == expected
