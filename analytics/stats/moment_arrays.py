"""Moments and estimates of many metrics at once, as arrays of one shape."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.errors import InvalidInputError
from analytics.stats.columns import Floats, finite_array
from analytics.stats.moments import Moments
from analytics.stats.results import Estimate

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class MomentArrays:
    """n, means and centred second moments, each an array of the same shape.

    Elementwise what `CentredMoments` is for one metric: `+` pools every element (Chan,
    Golub & LeVeque 1979), also of shapes that broadcast. Of a metric without denominator
    the x-fields are 0.
    """

    n: Ints
    mean_y: Floats
    m2_y: Floats
    mean_x: Floats
    m2_x: Floats
    c_xy: Floats

    def __post_init__(self) -> None:
        if len({getattr(self, field.name).shape for field in fields(self)}) > 1:
            raise InvalidInputError("arrays of moments must have one shape")
        if (self.n < 0).any() or (self.m2_y < 0).any() or (self.m2_x < 0).any():
            raise InvalidInputError("n and sums of squares must not be negative")
        if not all(np.isfinite(getattr(self, field.name)).all() for field in fields(self)):
            raise InvalidInputError("moments must be finite")

    @classmethod
    def from_moments(cls, moments: Sequence[Moments]) -> Self:
        """Return exact moments as arrays (len(moments),), every number rounded once."""
        rows = [_centred_row(each) for each in moments]
        columns = np.array(rows, dtype=np.float64).reshape(len(rows), 5).T
        return cls(np.array([each.n for each in moments], dtype=np.int64), *columns)

    @classmethod
    def from_matrix(cls, ys: ArrayLike, xs: ArrayLike | None = None) -> Self:
        """Return the moments of each column of a matrix (n_units, n_metrics), two passes."""
        y = finite_array("ys", ys, ndim=2)
        x = np.zeros_like(y) if xs is None else finite_array("xs", xs, ndim=2)
        if y.shape != x.shape:
            raise InvalidInputError(f"ys and xs must have one shape, had {y.shape}, {x.shape}")
        n = np.full(y.shape[1], len(y), dtype=np.int64)
        if len(y) == 0:
            return cls(n, *np.zeros((5, y.shape[1])))
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused above
            mean_y, mean_x = y.mean(axis=0), x.mean(axis=0)
            dy, dx = y - mean_y, x - mean_x
            return cls(n, mean_y, (dy * dy).sum(0), mean_x, (dx * dx).sum(0), (dx * dy).sum(0))

    def __add__(self, other: Self) -> Self:
        """Return both groups of units pooled, element by element."""
        n = self.n + other.n
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused above
            share = other.n / np.maximum(n, 1)
            between = self.n * share
            gap_y, gap_x = other.mean_y - self.mean_y, other.mean_x - self.mean_x
            return type(self)(
                n=n,
                mean_y=self.mean_y + gap_y * share,
                m2_y=self.m2_y + other.m2_y + gap_y * gap_y * between,
                mean_x=self.mean_x + gap_x * share,
                m2_x=self.m2_x + other.m2_x + gap_x * gap_x * between,
                c_xy=self.c_xy + other.c_xy + gap_x * gap_y * between,
            )


@dataclass(frozen=True, slots=True, eq=False)
class EstimateArrays:
    """n, value and variance of the value, as masked arrays of one shape.

    A masked element is what None is in `Estimate`; below the mask stands 0, never NaN.
    """

    n: Ints
    value: np.ma.MaskedArray
    variance: np.ma.MaskedArray

    def __post_init__(self) -> None:
        if not self.n.shape == self.value.shape == self.variance.shape:
            raise InvalidInputError("arrays of estimates must have one shape")
        if (self.n < 0).any() or (self.variance.data < 0).any():
            raise InvalidInputError("n and variances must not be negative")
        if not (np.isfinite(self.value.data) & np.isfinite(self.variance.data)).all():
            raise InvalidInputError("values and variances must be finite")

    @classmethod
    def from_estimates(cls, estimates: Sequence[Estimate]) -> Self:
        """Return single estimates as arrays (len(estimates),)."""
        return cls(
            np.array([each.n for each in estimates], dtype=np.int64),
            _masked([each.value for each in estimates]),
            _masked([each.variance for each in estimates]),
        )

    @classmethod
    def of_means(cls, moments: MomentArrays) -> Self:
        """Return means and v / n, v with divisor n − 1; see `mean_estimate`."""
        n = moments.n
        variance = moments.m2_y / np.maximum(n - 1, 1) / np.maximum(n, 1)
        return cls(n, hidden(moments.mean_y, n < 1), hidden(variance, n < 2))

    @classmethod
    def of_shares(cls, successes: ArrayLike, n: ArrayLike) -> Self:
        """Return x / n and p(1 − p) / n; see `share_estimate`."""
        x, units = np.broadcast_arrays(_whole("successes", successes), _whole("n", n))
        if ((x < 0) | (x > units)).any():
            raise InvalidInputError("successes must lie in 0..n")
        share = x / np.maximum(units, 1)
        variance = share * ((units - x) / np.maximum(units, 1)) / np.maximum(units, 1)
        return cls(units, hidden(share, units < 1), hidden(variance, units < 2))

    @classmethod
    def of_ratios(cls, moments: MomentArrays) -> Self:
        """Return R = m_y / m_x and its variance by the delta method; see `ratio_estimate`."""
        if (moments.mean_x < 0).any():
            raise InvalidInputError("the denominator must not be negative")
        n, is_empty = moments.n, moments.mean_x == 0
        below = np.where(is_empty, 1.0, moments.mean_x)
        ratio = moments.mean_y / below
        spread = moments.m2_y - 2 * ratio * moments.c_xy + ratio * ratio * moments.m2_x
        variance = np.maximum(spread, 0) / np.maximum(n - 1, 1) / np.maximum(n, 1) / below / below
        return cls(n, hidden(ratio, is_empty), hidden(variance, is_empty | (n < 2)))

    def at(self, index: int | tuple[int, ...]) -> Estimate:
        """Return one element."""
        return Estimate(
            int(self.n[index]), plain_at(self.value, index), plain_at(self.variance, index)
        )


def hidden(values: ArrayLike, mask: NDArray[np.bool_]) -> np.ma.MaskedArray:
    """Return the values with `mask` hidden and 0 below it, so that no NaN is kept anywhere."""
    return np.ma.MaskedArray(np.where(mask, 0.0, values), mask=mask)


def plain_at(values: np.ma.MaskedArray, index: int | tuple[int, ...]) -> float | None:
    """Return one element as a float, or None where it is masked."""
    return None if np.ma.getmaskarray(values)[index] else float(values.data[index])


def _masked(values: Sequence[float | None]) -> np.ma.MaskedArray:
    mask = np.array([value is None for value in values], dtype=bool)
    return hidden(np.array([value or 0.0 for value in values], dtype=np.float64), mask)


def _whole(name: str, values: ArrayLike) -> Ints:
    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        raise InvalidInputError(f"{name} must be integers")
    return array.astype(np.int64)


def _centred_row(moments: Moments) -> tuple[float, ...]:
    n = moments.n
    if n == 0:
        return (0.0,) * 5
    return (
        moments.sum_y / n,
        moments.scaled_yy / n,
        moments.sum_x / n,
        moments.scaled_xx / n,
        moments.scaled_xy / n,
    )
