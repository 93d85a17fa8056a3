"""What is believed of a variant's mean: Beta for shares, normal for values."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, betaincinv, ndtr, ndtri

from analytics.errors import InvalidInputError
from analytics.stats.arrays import finite_array
from analytics.stats.results import Plain
from analytics.stats.srm import as_counts


class Posterior(Protocol):
    """A distribution of one variant's mean."""

    def cdf(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability that the mean is at most x."""

    def quantile(self, p: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value that the mean stays below with probability p."""

    def draw(self, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return `size` random values of the mean."""


@dataclass(frozen=True, slots=True)
class BetaPosterior(Plain):
    """Beta(alpha, beta): the belief about a share."""

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        _require_positive(alpha=self.alpha, beta=self.beta)

    def cdf(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the regularised incomplete beta function; 0 below a share's range, 1 above."""
        return np.asarray(betainc(self.alpha, self.beta, np.clip(x, 0, 1)), dtype=np.float64)

    def quantile(self, p: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return its inverse."""
        return np.asarray(betaincinv(self.alpha, self.beta, p), dtype=np.float64)

    def draw(self, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return random shares."""
        return rng.beta(self.alpha, self.beta, size)


@dataclass(frozen=True, slots=True)
class NormalPosterior(Plain):
    """N(mean, sd²): the belief about a mean."""

    mean: float
    sd: float

    def __post_init__(self) -> None:
        finite_array("mean", [self.mean])
        _require_positive(sd=self.sd)

    def cdf(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return Φ((x − mean) / sd)."""
        return np.asarray(ndtr((x - self.mean) / self.sd), dtype=np.float64)

    def quantile(self, p: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return mean + sd · z_p."""
        return np.asarray(self.mean + self.sd * ndtri(p), dtype=np.float64)

    def draw(self, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return random means."""
        return rng.normal(self.mean, self.sd, size)


def beta_posterior(
    successes: int, failures: int, *, prior: tuple[float, float] = (1.0, 1.0)
) -> BetaPosterior:
    """Return Beta(a + successes, b + failures) for the prior Beta(a, b), uniform by default.

    >>> beta_posterior(3, 7)
    BetaPosterior(alpha=4.0, beta=8.0)
    """
    successes, failures = as_counts([successes, failures])
    _require_positive(a=prior[0], b=prior[1])
    return BetaPosterior(prior[0] + successes, prior[1] + failures)


def normal_posterior(
    n: int, mean: float, *, variance: float, prior_mean: float, prior_n: float
) -> NormalPosterior:
    """Return the belief after `n` outcomes of mean `mean` and known `variance`.

    Mean (κ₀μ₀ + n·ȳ) / (κ₀ + n), sd σ / √(κ₀ + n): the prior weighs as much as
    `prior_n` outcomes. Source: Gelman et al. (2013), Bayesian Data Analysis, §2.5.
    """
    (n,) = as_counts([n])
    finite_array("means", [mean, prior_mean])
    _require_positive(variance=variance, prior_n=prior_n)
    return NormalPosterior(
        (prior_n * prior_mean + n * mean) / (prior_n + n), math.sqrt(variance / (prior_n + n))
    )


def _require_positive(**numbers: float) -> None:
    for name, value in numbers.items():
        if not (value > 0 and math.isfinite(value)):
            raise InvalidInputError(f"{name} must be positive and finite, was {value}")
