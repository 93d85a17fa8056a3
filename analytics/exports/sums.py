"""The sums of a frame's columns, exact, and whether the analysis had the same."""

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.exports.plan import QUANTILE, FrameMetric, FramePlan
from analytics.queries import moments_of
from analytics.stats.exact_samples import ExactSample
from analytics.stats.moments import Moments

SAFE = 2**62  # a sum of products below it fits 64 bits

Ints = NDArray[np.int64]
Sides = Mapping[str, Ints]


class FrameSums:
    """What the units read so far come to, by metric key and variant key."""

    def __init__(self) -> None:
        """Start without any."""
        self.raw: dict[tuple[str, str], ExactSample] = {}
        self.judged: dict[tuple[str, str], ExactSample] = {}

    def add(self, each: FrameMetric, variant: str, sides: Sides) -> None:
        """Add units of a variant that count in a metric: their sides, of equal length."""
        place = (each.metric.key, variant)
        own = {side: values for side, values in sides.items() if side in ("y", "x")}
        _add(self.raw, place, exact_sample(own))
        _add(self.judged, place, exact_sample(_capped(each, sides)))

    def differing(self, plan: FramePlan) -> list[dict[str, str]]:
        """Return the metrics and variants whose stored sums are others than these."""
        return [
            {"metric": each.metric.key, "variant": variant.key}
            for each in plan.metrics
            for variant in plan.variants
            if not self._agrees(plan, each, variant.key)
        ]

    def _agrees(self, plan: FramePlan, each: FrameMetric, variant: str) -> bool:
        key = each.metric.key
        stored = plan.analysis.moments.get(key, {}).get(variant)
        raw = self.raw.get((key, variant))
        found = moments_of(raw) if raw else Moments(0, 0, 0)
        if stored is None or Moments.from_dict(stored) != found:
            return False
        if raw is None or "judged" not in stored:
            return True
        ours = self.judged[key, variant]
        return among(ExactSample.from_dict(stored["judged"]), ours.names) == ours


def exact_sample(columns: Mapping[str, Ints]) -> ExactSample:
    """Return the sums of whole-number columns of equal length, exact at any size.

    >>> exact_sample({"y": np.array([2, 10**13])}).products
    (100000000000000000000000004,)
    """
    arrays = list(columns.values())
    pairs = combinations_with_replacement(arrays, 2)
    ones = np.ones_like(arrays[0])
    return ExactSample(
        n=len(arrays[0]),
        names=tuple(columns),
        sums=tuple(_dot(each, ones) for each in arrays),
        products=tuple(_dot(one, other) for one, other in pairs),
    )


def among(sample: ExactSample, names: Sequence[str]) -> ExactSample | None:
    """Return the sums of some of a sample's columns; None where it lacks one."""
    if not set(names) <= set(sample.names):
        return None
    at = [sample.names.index(name) for name in names]
    pairs = combinations_with_replacement(range(len(sample.names)), 2)
    products = dict(zip(pairs, sample.products, strict=True))
    wanted = combinations_with_replacement(at, 2)
    return ExactSample(
        sample.n,
        tuple(names),
        tuple(sample.sums[place] for place in at),
        tuple(products[min(pair), max(pair)] for pair in wanted),
    )


def _add(found: dict[Any, ExactSample], place: tuple[str, str], more: ExactSample) -> None:
    found[place] = found[place] + more if place in found else more


def _capped(each: FrameMetric, sides: Sides) -> dict[str, Ints]:
    """Return the sides as they are judged: what is counted, and what it was before, to the cap."""
    cap = each.row.get("cap")
    if cap is None or each.metric.kind == QUANTILE:
        return dict(sides)
    return {
        side: np.minimum(values, cap) if side in ("y", "w") else values
        for side, values in sides.items()
    }


def _dot(one: Ints, other: Ints) -> int:
    if len(one) == 0:
        return 0
    largest = _most(one) * _most(other) * len(one)
    if largest < SAFE:
        return int(one @ other)
    return sum(a * b for a, b in zip(one.tolist(), other.tolist(), strict=True))


def _most(values: Ints) -> int:
    return max(abs(int(values.min())), abs(int(values.max())))
