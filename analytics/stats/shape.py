"""Skewness and tails of one column, from moments that merge: when may the normal be trusted."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import InvalidInputError
from analytics.stats.columns import finite_array, require_finite
from analytics.stats.stored import Stored, read_floats, read_int, require_form, stored_form

SHAPE_VERSION = 1  # of the stored form; raise it with a reader for every older one
FORM = "shape"
SKEW_UNITS = 355  # × skewness²: Kohavi, Deng, Longbotham & Xu (2014), KDD


@dataclass(frozen=True, slots=True)
class Shape:
    """n, mean and centred sums Σ(y − mean)^p for p = 2, 3, 4.

    Merged in any order without cancelling. Source: Pébay (2008), Sandia SAND2008-6212.

    >>> round(Shape.from_values([0, 0, 0, 4]).skewness, 9)
    1.154700538
    """

    n: int = 0
    mean: float = 0.0
    m2: float = 0.0
    m3: float = 0.0
    m4: float = 0.0

    def __post_init__(self) -> None:
        require_finite("moments", (self.mean, self.m2, self.m3, self.m4))
        if self.n < 0 or self.m2 < 0 or self.m4 < 0:
            raise InvalidInputError("n and even sums must not be negative")

    @classmethod
    def from_values(cls, values: ArrayLike, counts: ArrayLike | None = None) -> Self:
        """Return the moments of the values, each taken `counts` times where given."""
        array = finite_array("y", values)
        weights = np.ones(len(array)) if counts is None else finite_array("counts", counts)
        n = int(weights.sum())
        if n == 0:
            return cls()
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused above
            mean = float(weights @ array / n)
            centred = array - mean
            sums = [float(weights @ centred**power) for power in (2, 3, 4)]
        return cls(n, mean, *sums)

    @classmethod
    def from_dict(cls, stored: Stored) -> Self:
        """Return the moments that `to_dict` wrote; raises InvalidInputError on another version."""
        require_form(stored, FORM, SHAPE_VERSION)
        return cls(read_int(stored, "n"), *read_floats(stored, "moments"))

    def to_dict(self) -> dict[str, object]:
        """Return the stored form, JSON-ready."""
        moments = [self.mean, self.m2, self.m3, self.m4]
        return stored_form(FORM, SHAPE_VERSION, n=str(self.n), moments=moments)

    def __add__(self, other: Self) -> Self:
        """Return both groups pooled; the empty one changes nothing."""
        if not (self.n and other.n):
            return self if self.n else other
        n, gap = self.n + other.n, other.mean - self.mean
        p, q = self.n / n, other.n / n
        between, squared = n * p * q * gap * gap, gap * gap  # not **, which raises on overflow
        return type(self)(
            n=n,
            mean=self.mean + gap * q,
            m2=self.m2 + other.m2 + between,
            m3=self.m3
            + other.m3
            + gap * between * (p - q)
            + 3 * gap * (p * other.m2 - q * self.m2),
            m4=self.m4
            + other.m4
            + squared * between * (p * p - p * q + q * q)
            + 6 * squared * (p * p * other.m2 + q * q * self.m2)
            + 4 * gap * (p * other.m3 - q * self.m3),
        )

    @property
    def variance(self) -> float | None:
        """Return the unbiased variance, or None below two units."""
        return self.m2 / (self.n - 1) if self.n > 1 else None

    @property
    def skewness(self) -> float | None:
        """Return (m3 / n) / (m2 / n)^1.5, or None where nothing varies."""
        spread = math.sqrt(self.m2 / self.n) if self.n else 0.0
        return _finite(self.m3 / self.n / spread / spread / spread) if spread > 0 else None

    @property
    def excess_kurtosis(self) -> float | None:
        """Return (m4 / n) / (m2 / n)² − 3, or None where nothing varies."""
        spread = self.m2 / self.n if self.n else 0.0
        return _finite(self.m4 / self.n / spread / spread - 3) if spread > 0 else None


def _finite(value: float) -> float | None:
    """Return the value, or None where a spread near the smallest double made it infinite."""
    return value if math.isfinite(value) else None


def outgrows_skewness(n: int, skewness: float) -> bool:
    """Tell whether `n` units average a skewness out, n ≥ 355·skewness².

    A rule of thumb for the smaller variant of an uneven split. Source: Kohavi, Deng,
    Longbotham & Xu (2014), Seven rules of thumb, KDD.

    >>> outgrows_skewness(10_000, 5.0), outgrows_skewness(8_000, 5.0)
    (True, False)
    """
    return n >= SKEW_UNITS * skewness**2
