"""Sufficient statistics of one metric in one variant: exact sums, and their float cousin."""

import math
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Self, SupportsIndex

from analytics.errors import InvalidInputError
from analytics.stats.stored import read_floats, read_int, require_form, stored_form

MOMENTS_VERSION = 1  # of the stored form; raise it with a reader for every older one
CENTRED_FORM = "centred_moments"


@dataclass(frozen=True, slots=True)
class Moments:
    """Exact integer sums over the units of one variant.

    `sum_y`, `sum_yy`: Σy and Σy² of the metric, or of the numerator of a ratio.
    `sum_x`, `sum_xx`, `sum_xy`: Σx, Σx², Σxy of the ratio's denominator, else 0.
    Money is in minor units, so nothing is rounded before the one division at the end.

    >>> Moments.from_values([2, 4, 4, 5]) + Moments.from_values([5, 7, 9])
    Moments(n=7, sum_y=36, sum_yy=216, sum_x=0, sum_xx=0, sum_xy=0)
    """

    n: int
    sum_y: int
    sum_yy: int
    sum_x: int = 0
    sum_xx: int = 0
    sum_xy: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, as_int(field.name, getattr(self, field.name)))
        if self.n < 0:
            raise InvalidInputError(f"n must not be negative, was {self.n}")
        if self.n == 0 and any(getattr(self, field.name) for field in fields(self)):
            raise InvalidInputError("sums must be 0 when n is 0")
        if self.scaled_yy < 0 or self.scaled_xx < 0:
            raise InvalidInputError("a sum of squares is smaller than the values allow")
        if self.scaled_xy**2 > self.scaled_yy * self.scaled_xx:
            raise InvalidInputError("the sum of products is larger than the values allow")

    @classmethod
    def from_values(cls, ys: Sequence[int], xs: Sequence[int] | None = None) -> Self:
        """Return the sums over units with values `ys`, and `xs` of the denominator."""
        xs = [0] * len(ys) if xs is None else xs
        pairs = [(as_int("y", y), as_int("x", x)) for y, x in zip(ys, xs, strict=True)]
        return cls(
            n=len(pairs),
            sum_y=sum(y for y, _ in pairs),
            sum_yy=sum(y * y for y, _ in pairs),
            sum_x=sum(x for _, x in pairs),
            sum_xx=sum(x * x for _, x in pairs),
            sum_xy=sum(x * y for y, x in pairs),
        )

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> Self:
        """Return the moments that `to_dict` wrote; raises InvalidInputError on another version."""
        if stored.get("version") != MOMENTS_VERSION:
            raise InvalidInputError(f"cannot read moments of version {stored.get('version')!r}")
        try:
            return cls(**{field.name: int(str(stored[field.name])) for field in fields(cls)})
        except (KeyError, ValueError) as error:
            raise InvalidInputError(f"stored moments are damaged: {error}") from error

    def to_dict(self) -> dict[str, object]:
        """Return the stored form; numbers as text, for many JSON readers stop at 2**53."""
        return {"version": MOMENTS_VERSION} | {
            field.name: str(getattr(self, field.name)) for field in fields(self)
        }

    def __add__(self, other: Self) -> Self:
        """Return the moments of both groups of units pooled; exact, in any order."""
        return type(self)(
            **{
                field.name: getattr(self, field.name) + getattr(other, field.name)
                for field in fields(self)
            }
        )

    @property
    def scaled_yy(self) -> int:
        """Return n Σy² − (Σy)², that is n (n − 1) times the variance, exactly."""
        return self.n * self.sum_yy - self.sum_y**2

    @property
    def scaled_xx(self) -> int:
        """Return n Σx² − (Σx)², exactly."""
        return self.n * self.sum_xx - self.sum_x**2

    @property
    def scaled_xy(self) -> int:
        """Return n Σxy − Σx Σy, exactly."""
        return self.n * self.sum_xy - self.sum_x * self.sum_y

    @property
    def mean_y(self) -> float | None:
        """Return Σy / n, or None without units."""
        return self.sum_y / self.n if self.n else None

    @property
    def variance_y(self) -> float | None:
        """Return the unbiased variance of y (divisor n − 1), or None below two units.

        >>> Moments.from_values([10**9 + k for k in (4, 7, 13, 16)]).variance_y
        30.0
        """
        # int / int is correctly rounded at any size, where a float formula would cancel.
        return self.scaled_yy / (self.n * (self.n - 1)) if self.n > 1 else None


def merge_moments(parts: Iterable[Moments]) -> Moments:
    """Return the moments of all parts pooled; no part gives the empty moments."""
    return sum(parts, start=Moments(0, 0, 0))


@dataclass(frozen=True, slots=True)
class CentredMoments:
    """Moments of float values: means and centred second moments, which do not cancel.

    For covariates and linearised values that are no integers. `m2_y` is Σ(y − mean)²,
    `c_xy` Σ(x − mean)(y − mean). Sources: Welford (1962); Chan, Golub & LeVeque (1979);
    Pébay (2008).
    """

    n: int = 0
    mean_y: float = 0.0
    m2_y: float = 0.0
    mean_x: float = 0.0
    m2_x: float = 0.0
    c_xy: float = 0.0

    def __post_init__(self) -> None:
        if self.n < 0 or self.m2_y < 0 or self.m2_x < 0:
            raise InvalidInputError("n and sums of squares must not be negative")
        if not all(math.isfinite(getattr(self, name)) for name in _FLOATS):
            raise InvalidInputError("moments must be finite")

    @classmethod
    def from_values(cls, ys: Sequence[float], xs: Sequence[float] | None = None) -> Self:
        """Return the moments of the values in one pass (Welford)."""
        xs = [0.0] * len(ys) if xs is None else xs
        n, mean_y, m2_y, mean_x, m2_x, c_xy = 0, 0.0, 0.0, 0.0, 0.0, 0.0
        for y, x in zip(ys, xs, strict=True):
            n += 1
            ahead_y, ahead_x = y - mean_y, x - mean_x
            mean_y += ahead_y / n
            mean_x += ahead_x / n
            m2_y += ahead_y * (y - mean_y)
            m2_x += ahead_x * (x - mean_x)
            c_xy += ahead_x * (y - mean_y)
        return cls(n, float(mean_y), float(m2_y), float(mean_x), float(m2_x), float(c_xy))

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> Self:
        """Return the moments that `to_dict` wrote; raises InvalidInputError on another version."""
        require_form(stored, CENTRED_FORM, MOMENTS_VERSION)
        values = read_floats({"values": [stored.get(name) for name in _FLOATS]}, "values")
        return cls(read_int(stored, "n"), *values)

    def to_dict(self) -> dict[str, object]:
        """Return the stored form, JSON-ready."""
        floats = {name: getattr(self, name) for name in _FLOATS}
        return stored_form(CENTRED_FORM, MOMENTS_VERSION, n=str(self.n), **floats)

    def __add__(self, other: Self) -> Self:
        """Return both groups pooled (Chan); the empty moments change nothing."""
        n = self.n + other.n
        if not (self.n and other.n):
            return self if self.n else other
        gap_y, gap_x = other.mean_y - self.mean_y, other.mean_x - self.mean_x
        share = other.n / n
        between = self.n * share
        return type(self)(
            n=n,
            mean_y=self.mean_y + gap_y * share,
            m2_y=self.m2_y + other.m2_y + gap_y * gap_y * between,
            mean_x=self.mean_x + gap_x * share,
            m2_x=self.m2_x + other.m2_x + gap_x * gap_x * between,
            c_xy=self.c_xy + other.c_xy + gap_x * gap_y * between,
        )

    @property
    def variance_y(self) -> float | None:
        """Return the unbiased variance of y, or None below two units."""
        return self.m2_y / (self.n - 1) if self.n > 1 else None


_FLOATS = tuple(field.name for field in fields(CentredMoments) if field.name != "n")


def as_int(name: str, value: object) -> int:
    """Return a Python int of any integer type; a float or Decimal is a caller's mistake."""
    if type(value) is int:  # nearly always, and the protocol below takes a hundred times as long
        return value
    if isinstance(value, SupportsIndex):
        return operator.index(value)
    raise InvalidInputError(f"{name} must be an integer, was {value!r}")
