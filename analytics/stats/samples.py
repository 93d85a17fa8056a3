"""Moments of several columns at once: a metric, its denominator, its covariates.

`Sample` holds floats, centred so that nothing cancels; `exact_samples.ExactSample` holds
whole numbers and turns into a `Sample` by one division. Both merge.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from analytics.errors import InvalidInputError
from analytics.stats.columns import Floats, finite_array, require_finite, require_same_length
from analytics.stats.results import Estimate
from analytics.stats.stored import (
    Stored,
    read_floats,
    read_int,
    read_texts,
    require_form,
    stored_form,
)

SAMPLE_VERSION = 1  # of the stored form; raise it with a reader for every older one
FORM = "sample"


@dataclass(frozen=True, slots=True)
class Sample:
    """n, means (k) and centred products (k × k, row by row) of k named columns over units.

    `products[i*k + j]` is Σ(xi − mean_i)(xj − mean_j). Sources: Chan, Golub & LeVeque
    (1979); Pébay (2008). Raises InvalidInputError on numbers that no units could give.

    >>> a = Sample.from_columns({"y": [2, 4, 4, 5]})
    >>> (a + Sample.from_columns({"y": [5, 7, 9]})).n
    7
    """

    n: int
    names: tuple[str, ...]
    means: tuple[float, ...]
    products: tuple[float, ...]

    def __post_init__(self) -> None:
        k = len(self.names)
        if self.n < 0 or len(set(self.names)) != k:
            raise InvalidInputError(f"no sample of {self.n} units and columns {self.names}")
        if len(self.means) != k or len(self.products) != k * k:
            raise InvalidInputError("means and products must fit the columns")
        require_finite("moments", (*self.means, *self.products))
        if any(self.products[i * k + i] < 0 for i in range(k)):
            raise InvalidInputError("a centred sum of squares must not be negative")
        if self.n == 0 and any((*self.means, *self.products)):
            raise InvalidInputError("moments must be 0 when n is 0")

    @classmethod
    def from_columns(cls, columns: Mapping[str, ArrayLike]) -> Self:
        """Return the moments of equally long columns, one value per unit."""
        arrays = [finite_array(name, values) for name, values in columns.items()]
        n = require_same_length(arrays)
        return cls.from_matrix(tuple(columns), np.array(arrays).reshape(len(arrays), n))

    @classmethod
    def from_matrix(cls, names: Sequence[str], matrix: Floats) -> Self:
        """Return the moments of a matrix with one row per column name, one column per unit."""
        n = matrix.shape[1]
        if n == 0:
            return cls.empty(names)
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
            means = matrix.mean(axis=1)
            centred = matrix - means[:, None]
            # The second pass takes back what rounding of the mean left (Neumaier's idea).
            left = centred.mean(axis=1)
            centred -= left[:, None]
            products = centred @ centred.T
            return cls.from_arrays(n, names, means + left, (products + products.T) / 2)

    @classmethod
    def from_arrays(
        cls, n: int, names: Sequence[str], means: ArrayLike, products: ArrayLike
    ) -> Self:
        """Return the sample of means (k) and centred products (k, k)."""
        flat = np.asarray(products, dtype=np.float64).ravel().tolist()
        return cls(n, tuple(names), tuple(np.asarray(means, dtype=float).tolist()), tuple(flat))

    @classmethod
    def from_variances(
        cls, n: int, means: Mapping[str, float], variances: Mapping[tuple[str, str], float]
    ) -> Self:
        """Return the sample of means and unbiased (co)variances, divisor n − 1.

        `variances` holds each unordered pair of names once; a missing pair is 0.
        """
        names = tuple(means)
        products = [
            (n - 1) * variances.get((one, other), variances.get((other, one), 0.0))
            for one in names
            for other in names
        ]
        return cls(n, names, tuple(float(each) for each in means.values()), tuple(products))

    @classmethod
    def empty(cls, names: Sequence[str]) -> Self:
        """Return the sample without units: the identity of merging."""
        k = len(names)
        return cls(0, tuple(names), (0.0,) * k, (0.0,) * (k * k))

    @classmethod
    def from_dict(cls, stored: Stored) -> Self:
        """Return the sample that `to_dict` wrote; raises InvalidInputError on another version."""
        require_form(stored, FORM, SAMPLE_VERSION)
        return cls(
            read_int(stored, "n"),
            read_texts(stored, "names"),
            read_floats(stored, "means"),
            read_floats(stored, "products"),
        )

    def to_dict(self) -> dict[str, object]:
        """Return the stored form, JSON-ready."""
        return stored_form(
            FORM,
            SAMPLE_VERSION,
            n=str(self.n),
            names=list(self.names),
            means=list(self.means),
            products=list(self.products),
        )

    def __add__(self, other: Self) -> Self:
        """Return both groups of units pooled (Chan); columns must be the same."""
        if self.names != other.names:
            raise InvalidInputError(f"cannot merge columns {self.names} with {other.names}")
        if not (self.n and other.n):
            return self if self.n else other
        share = other.n / (self.n + other.n)
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
            gap = np.subtract(other.means, self.means)
            within = np.add(self.products, other.products)
            between = np.outer(gap, gap).ravel() * (self.n * share)
        return type(self).from_arrays(
            self.n + other.n, self.names, np.add(self.means, gap * share), within + between
        )

    def mean(self, name: str) -> float | None:
        """Return the mean of a column, or None without units."""
        return self.means[self._index(name)] if self.n else None

    def covariance(self, one: str, other: str) -> float | None:
        """Return the unbiased covariance of two columns, or None below two units."""
        if self.n < 2:
            return None
        return self.products[self._index(one) * len(self.names) + self._index(other)] / (self.n - 1)

    def variance(self, name: str) -> float | None:
        """Return the unbiased variance of a column, or None below two units."""
        return self.covariance(name, name)

    def estimate(self, name: str) -> Estimate:
        """Return the mean of a column with its squared error, v / n."""
        variance = self.variance(name)
        return Estimate(self.n, self.mean(name), None if variance is None else variance / self.n)

    def product_matrix(self, names: Iterable[str] | None = None) -> Floats:
        """Return the centred products of the named columns (all by default), (k, k)."""
        k = len(self.names)
        chosen = [self._index(name) for name in (self.names if names is None else names)]
        return np.array(self.products).reshape(k, k)[np.ix_(chosen, chosen)]

    def _index(self, name: str) -> int:
        try:
            return self.names.index(name)
        except ValueError:
            raise InvalidInputError(f"no column {name!r}; there are {self.names}") from None
