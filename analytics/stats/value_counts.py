"""Every distinct value with how many units had it: the sufficient statistic of order and rank.

Quantiles, winsorisation, ranks, the largest units and the bootstrap all read it, and
zero-inflated revenue is small in this form, for all zeros are one entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.errors import InvalidInputError
from analytics.stats.columns import Floats, finite_array
from analytics.stats.moments import CentredMoments, Moments
from analytics.stats.shape import Shape
from analytics.stats.stored import (
    Stored,
    read_floats,
    read_ints,
    require_form,
    stored_form,
)

VALUES_VERSION = 1  # of the stored form; raise it with a reader for every older one
FORM = "value_counts"

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ValueCounts:
    """Distinct `values` in rising order and the `counts` of units that have them.

    Values are int64 (money, counts) or float64. Merging equals pooling, exactly.

    >>> ValueCounts.from_values([0, 5, 0, 2]) == ValueCounts.from_counts({0: 2, 2: 1, 5: 1})
    True
    """

    values: NDArray[Any]
    counts: Counts

    def __post_init__(self) -> None:
        if self.values.shape != self.counts.shape or self.values.ndim != 1:
            raise InvalidInputError("values and counts must be equally long rows")
        if (self.counts < 1).any():
            raise InvalidInputError("a count of units must be positive")
        if (np.diff(self.values) <= 0).any():
            raise InvalidInputError("values must be distinct and rising")
        for array in (self.values, self.counts):
            array.setflags(write=False)

    @classmethod
    def from_values(cls, values: ArrayLike) -> Self:
        """Return the counts of one value per unit; whole numbers stay whole."""
        return cls(*np.unique(_as_values(values), return_counts=True))

    @classmethod
    def from_counts(cls, counts: Mapping[int, int] | Mapping[float, int]) -> Self:
        """Return the counts of a table value → units; units of 0 are left out."""
        if any(units < 0 for units in counts.values()):
            raise InvalidInputError("a count of units must not be negative")
        kept = sorted(value for value, units in counts.items() if units)
        units = np.array([counts[value] for value in kept], dtype=np.int64)  # type: ignore[index]
        return cls(_as_values(kept), units)

    @classmethod
    def from_dict(cls, stored: Stored) -> Self:
        """Return the counts that `to_dict` wrote; raises InvalidInputError on another version."""
        require_form(stored, FORM, VALUES_VERSION)
        read = read_ints if stored.get("are_whole") else read_floats
        counts = np.array(read_ints(stored, "counts"), dtype=np.int64)
        return cls(_as_values(read(stored, "values")), counts)

    def to_dict(self) -> dict[str, object]:
        """Return the stored form, JSON-ready."""
        values = self.values.tolist()
        return stored_form(
            FORM,
            VALUES_VERSION,
            are_whole=self.are_whole,
            values=[str(each) for each in values] if self.are_whole else values,
            counts=[str(each) for each in self.counts.tolist()],
        )

    def __eq__(self, other: object) -> bool:
        """Tell whether both hold the same values and counts."""
        return (
            isinstance(other, ValueCounts)
            and np.array_equal(self.values, other.values)
            and np.array_equal(self.counts, other.counts)
        )

    def __hash__(self) -> int:
        return hash((self.values.tobytes(), self.counts.tobytes()))

    def __add__(self, other: Self) -> Self:
        """Return both groups of units pooled."""
        values = np.concatenate([self.values, other.values])
        distinct, places = np.unique(values, return_inverse=True)
        counts = np.zeros(len(distinct), dtype=np.int64)
        np.add.at(counts, places, np.concatenate([self.counts, other.counts]))
        return type(self)(distinct, counts)

    @property
    def n(self) -> int:
        """Return the number of units."""
        return int(self.counts.sum())

    @property
    def are_whole(self) -> bool:
        """Tell whether the values are integers."""
        return self.values.dtype.kind == "i"

    @property
    def total(self) -> float:
        """Return the sum over all units."""
        return float(self.values.astype(np.float64) @ self.counts)

    def at_rank(self, rank: int) -> float:
        """Return the value of the unit at a rank, 1 for the smallest."""
        if not 1 <= rank <= self.n:
            raise InvalidInputError(f"rank must lie in 1..{self.n}, was {rank}")
        return float(self.values[np.searchsorted(np.cumsum(self.counts), rank)])

    def quantile(self, q: float) -> float | None:
        """Return the quantile with linear interpolation (type 7), or None without units.

        >>> ValueCounts.from_values([1, 2, 3, 10]).quantile(0.5)
        2.5
        """
        if not 0 <= q <= 1:
            raise InvalidInputError(f"q must lie in [0, 1], was {q}")
        if self.n == 0:
            return None
        place = (self.n - 1) * q
        below = int(place)
        low = self.at_rank(below + 1)
        high = self.at_rank(min(below + 2, self.n))
        return low + (place - below) * (high - low)

    def at_most(self, value: float) -> int:
        """Return how many units have `value` or less."""
        return int(self.counts[: np.searchsorted(self.values, value, side="right")].sum())

    def without_largest(self, k: int) -> Self:
        """Return the counts without the k largest units."""
        if k < 0:
            raise InvalidInputError(f"cannot leave out {k} units")
        kept = np.minimum(self.counts, np.maximum(0, self.n - k - self._before()))
        return type(self)(self.values[kept > 0].copy(), kept[kept > 0])

    def capped(self, cap: float) -> "ValueCounts":
        """Return the counts with every value above `cap` set to it."""
        n_above = self.n - self.at_most(cap)
        if n_above == 0:
            return self
        below = self.values <= cap
        rest = ValueCounts(self.values[below].astype(np.float64), self.counts[below])
        return rest + ValueCounts(np.array([float(cap)]), np.array([n_above]))

    def moments(self) -> Moments | CentredMoments:
        """Return the moments of the values: exact sums where they are whole numbers."""
        if self.are_whole:
            pairs = list(zip(self.values.tolist(), self.counts.tolist(), strict=True))
            sum_y = sum(y * units for y, units in pairs)
            return Moments(self.n, sum_y, sum(y * y * units for y, units in pairs))
        shape = self.shape()
        return CentredMoments(n=shape.n, mean_y=shape.mean, m2_y=shape.m2)

    def shape(self) -> Shape:
        """Return the moments up to the fourth, for skewness."""
        return Shape.from_values(self.values, self.counts)

    def expanded(self) -> Floats:
        """Return one float per unit, in rising order."""
        return np.repeat(self.values.astype(np.float64), self.counts)

    def _before(self) -> Counts:
        """Return how many units have a smaller value than each."""
        return np.cumsum(self.counts) - self.counts


def _as_values(values: ArrayLike) -> NDArray[Any]:
    """Return int64 where every value is an integer that fits, else checked float64."""
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InvalidInputError(f"values must be numbers: {error}") from error
    if array.dtype.kind in "bi" or (array.dtype.kind == "u" and array.dtype.itemsize < 8):
        if array.ndim != 1:
            raise InvalidInputError(f"values must have 1 dimension, had {array.ndim}")
        return array.astype(np.int64)
    return finite_array("values", array)
