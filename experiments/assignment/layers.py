"""Ranges of buckets: weights to ranges, free space of a layer, complements. Integers only."""

from collections.abc import Iterable, Sequence

from experiments.assignment.hashing import BUCKETS
from experiments.errors import AllocationError, InvalidInput

Range = tuple[int, int]


def variant_ranges(weights: Sequence[int]) -> tuple[Range, ...]:
    """Return each variant's half-open bucket range; together they fill [0, BUCKETS) exactly.

    Largest remainder turns any positive weights into whole buckets.

    >>> variant_ranges([1, 1, 1])
    ((0, 3334), (3334, 6667), (6667, 10000))
    """
    if not weights or any(weight < 1 for weight in weights):
        raise InvalidInput(f"weights must be positive integers; got {list(weights)}")
    total = sum(weights)
    shares = [weight * BUCKETS // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(weights[i] * BUCKETS % total), i))
    for index in by_remainder[: BUCKETS - sum(shares)]:
        shares[index] += 1
    starts = [sum(shares[:index]) for index in range(len(shares))]
    return tuple((start, start + share) for start, share in zip(starts, shares, strict=True))


def complement(taken: Iterable[Range]) -> list[Range]:
    """Return the buckets outside these ranges.

    >>> complement([(0, 500), (600, 9000)])
    [(500, 600), (9000, 10000)]
    """
    free: list[Range] = []
    at = 0
    for start, stop in sorted(taken):
        if start > at:
            free.append((at, start))
        at = max(at, stop)
    return [*free, (at, BUCKETS)] if at < BUCKETS else free


def place_allocation(taken: Iterable[Range], size: int) -> Range:
    """Return the first free range of `size` buckets; raises AllocationError when there is none.

    >>> place_allocation([(0, 4000)], 5000)
    (4000, 9000)
    """
    if not 1 <= size <= BUCKETS:
        raise InvalidInput(
            f"an allocation has 1 to {BUCKETS} buckets; {size} asked", field="allocation"
        )
    gaps = complement(taken)
    for start, stop in gaps:
        if stop - start >= size:
            return start, start + size
    largest = max((stop - start for start, stop in gaps), default=0)
    raise AllocationError(
        f"the layer has no {size} free buckets in a row; the largest gap has {largest}",
        field="allocation",
        hint="Lower the share, or end an experiment of this layer.",
    )


def holds(ranges: Iterable[Range], bucket: int) -> bool:
    """Return whether some range holds the bucket."""
    for start, stop in ranges:  # noqa: SIM110 - thrice as fast as any() over one range
        if start <= bucket < stop:
            return True
    return False
