"""The coefficient of CUPED: one for all variants, pooled within them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.errors import InvalidInputError
from analytics.stats.columns import Floats
from analytics.stats.results import Plain
from analytics.stats.samples import Sample

RIDGE = 1e-10  # of the trace, added where covariates repeat each other
CONSTANT = 1e-12  # a spread below this share of the mean is rounding, not variation


@dataclass(frozen=True, slots=True)
class Theta(Plain):
    """θ by covariate; `dropped` did not vary, `is_ridged` tells that some repeat each other."""

    names: tuple[str, ...]
    values: tuple[float, ...]
    dropped: tuple[str, ...] = ()
    is_ridged: bool = False


def pooled_theta(samples: Sequence[Sample], *, outcome: str, covariates: Sequence[str]) -> Theta:
    """Return θ = Sxx⁻¹·Sxy, both summed over the variants of their within-variant products.

    Covariates that vary in no variant are dropped. Where the others repeat each other,
    1e-10 of the trace is added to the diagonal, in units of their own spread so that
    cents and counts weigh alike. Raises InvalidInputError without samples. Source: Deng,
    Xu, Kohavi & Walker (2013), WSDM, §3.
    """
    if not samples:
        raise InvalidInputError("CUPED needs at least one variant")
    products = _within(samples, (outcome, *covariates))
    varies = _varies(samples, covariates, products.diagonal()[1:])
    kept = [name for name, is_kept in zip(covariates, varies, strict=True) if is_kept]
    dropped = tuple(name for name in covariates if name not in kept)
    if not kept:
        return Theta((), (), dropped)
    chosen = np.flatnonzero(varies) + 1
    values, is_ridged = _solved(products[np.ix_(chosen, chosen)], products[chosen, 0])
    return Theta(tuple(kept), tuple(values.tolist()), dropped, is_ridged)


def _within(samples: Sequence[Sample], names: Sequence[str]) -> Floats:
    """Return the centred products summed over variants: Σ (n − 1)·cov."""
    return np.sum([sample.product_matrix(names) for sample in samples], axis=0)


def _varies(samples: Sequence[Sample], names: Sequence[str], squares: Floats) -> NDArray[np.bool_]:
    """Tell which columns vary by more than the rounding of their own mean."""
    n = sum(sample.n for sample in samples)
    size = [max(abs(sample.mean(name) or 0.0) for sample in samples) for name in names]
    return np.sqrt(squares / max(n, 1)) > CONSTANT * np.array(size)


def _solved(sxx: Floats, sxy: Floats) -> tuple[Floats, bool]:
    """Return the solution in units of the covariates' spread, with a ridge where singular."""
    spread = np.sqrt(sxx.diagonal())
    correlation = sxx / np.outer(spread, spread)
    is_ridged = bool(np.linalg.eigvalsh(correlation)[0] < RIDGE * len(spread))
    if is_ridged:
        correlation = correlation + RIDGE * np.trace(correlation) * np.eye(len(spread))
    return np.linalg.solve(correlation, sxy / spread) / spread, is_ridged
