"""Exact sums of several whole-number columns: money and counts with their covariates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Self

from analytics.errors import InvalidInputError
from analytics.stats.columns import require_same_length
from analytics.stats.moments import Moments, as_int
from analytics.stats.samples import Sample
from analytics.stats.stored import (
    Stored,
    read_int,
    read_ints,
    read_texts,
    require_form,
    stored_form,
)

EXACT_VERSION = 1  # of the stored form; raise it with a reader for every older one
FORM = "exact_sample"


@dataclass(frozen=True, slots=True)
class ExactSample:
    """n, Σx (k) and Σxi·xj for i ≤ j (k(k+1)/2, row by row) of k named integer columns.

    Merging is exact in any order; `centred` divides once. Money is in minor units.

    >>> some = ExactSample.from_columns({"y": [2, 4], "x": [1, 3]})
    >>> some.products  # Σy², Σyx, Σx²
    (20, 14, 10)
    """

    n: int
    names: tuple[str, ...]
    sums: tuple[int, ...]
    products: tuple[int, ...]

    def __post_init__(self) -> None:
        k = len(self.names)
        object.__setattr__(self, "n", as_int("n", self.n))
        for part in ("sums", "products"):
            exact = tuple(as_int(part, each) for each in getattr(self, part))
            object.__setattr__(self, part, exact)
        if self.n < 0 or len(set(self.names)) != k:
            raise InvalidInputError(f"no sample of {self.n} units and columns {self.names}")
        if len(self.sums) != k or len(self.products) != k * (k + 1) // 2:
            raise InvalidInputError("sums and products must fit the columns")
        if self.n == 0 and any((*self.sums, *self.products)):
            raise InvalidInputError("sums must be 0 when n is 0")
        self._require_possible()

    @classmethod
    def from_columns(cls, columns: Mapping[str, Sequence[int]]) -> Self:
        """Return the sums of equally long integer columns, one value per unit."""
        exact = [[as_int(name, each) for each in values] for name, values in columns.items()]
        n = require_same_length(exact)
        return cls(
            n,
            tuple(columns),
            tuple(sum(each) for each in exact),
            tuple(
                sum(one * other for one, other in zip(a, b, strict=True))
                for a, b in combinations_with_replacement(exact, 2)
            ),
        )

    @classmethod
    def from_moments(cls, moments: Moments, *, names: tuple[str, str] = ("y", "x")) -> Self:
        """Return the sums of a metric and the one further column its moments hold."""
        products = (moments.sum_yy, moments.sum_xy, moments.sum_xx)
        return cls(moments.n, names, (moments.sum_y, moments.sum_x), products)

    @classmethod
    def from_dict(cls, stored: Stored) -> Self:
        """Return the sums that `to_dict` wrote; raises InvalidInputError on another version."""
        require_form(stored, FORM, EXACT_VERSION)
        return cls(
            read_int(stored, "n"),
            read_texts(stored, "names"),
            read_ints(stored, "sums"),
            read_ints(stored, "products"),
        )

    def to_dict(self) -> dict[str, object]:
        """Return the stored form, JSON-ready; numbers as text."""
        return stored_form(
            FORM,
            EXACT_VERSION,
            n=str(self.n),
            names=list(self.names),
            sums=[str(each) for each in self.sums],
            products=[str(each) for each in self.products],
        )

    def __add__(self, other: Self) -> Self:
        """Return both groups of units pooled, exactly; columns must be the same."""
        if self.names != other.names:
            raise InvalidInputError(f"cannot merge columns {self.names} with {other.names}")
        return type(self)(
            self.n + other.n,
            self.names,
            tuple(a + b for a, b in zip(self.sums, other.sums, strict=True)),
            tuple(a + b for a, b in zip(self.products, other.products, strict=True)),
        )

    def centred(self) -> Sample:
        """Return means and centred products as floats, each rounded once."""
        if self.n == 0:
            return Sample.empty(self.names)
        k = len(self.names)
        products = [[0.0] * k for _ in range(k)]
        for (i, j), scaled in self._scaled().items():
            products[i][j] = products[j][i] = scaled / self.n
        means = [each / self.n for each in self.sums]
        return Sample.from_arrays(self.n, self.names, means, products)

    def _scaled(self) -> dict[tuple[int, int], int]:
        """Return n Σxi·xj − Σxi Σxj for every pair of columns."""
        pairs = combinations_with_replacement(range(len(self.names)), 2)
        return {
            (i, j): self.n * product - self.sums[i] * self.sums[j]
            for (i, j), product in zip(pairs, self.products, strict=True)
        }

    def _require_possible(self) -> None:
        scaled = self._scaled()
        for (i, j), value in scaled.items():
            if value**2 > scaled[i, i] * scaled[j, j] or scaled[i, i] < 0:
                raise InvalidInputError("a sum of products is not one the values allow")
