"""What a test statistic is held against: one critical value, and the p-value that agrees with it.

Every interval and every verdict of a comparison uses the critical value of one
reference, which is why they cannot contradict each other.
"""

import math
from dataclasses import dataclass
from typing import Protocol

from scipy.special import ndtr, ndtri, stdtr, stdtrit

from analytics.errors import InvalidInputError


class Reference(Protocol):
    """A two-sided yardstick for estimate / standard error."""

    @property
    def df(self) -> float | None:
        """Return the degrees of freedom, or None where the notion does not apply."""

    @property
    def critical_value(self) -> float:
        """Return how many standard errors the interval reaches to either side."""

    def p_value(self, statistic: float) -> float:
        """Return the two-sided p-value; below alpha exactly beyond the critical value."""


def require_alpha(alpha: float) -> float:
    """Return `alpha`; raises InvalidInputError unless it lies strictly between 0 and 1."""
    if not 0 < alpha < 1:
        raise InvalidInputError(f"alpha must lie in (0, 1), was {alpha}")
    return alpha


def upper_quantile(tail: float) -> float:
    """Return the z that a standard normal exceeds with probability `tail`.

    Raises InvalidInputError unless `tail` lies strictly between 0 and 1.

    >>> round(upper_quantile(0.025), 9)
    1.959963985
    """
    if not 0 < tail < 1:
        raise InvalidInputError(f"a tail must lie in (0, 1), was {tail}")
    return float(-ndtri(tail))


def require_sides(sides: int) -> int:
    """Return `sides`; raises InvalidInputError unless a test has one or two."""
    if sides not in (1, 2):
        raise InvalidInputError(f"a test has 1 or 2 sides, not {sides}")
    return sides


def upper_tail(z: float) -> float:
    """Return the probability that a standard normal exceeds z, exact far out; not of NaN."""
    if math.isnan(z):
        raise InvalidInputError("z must be a number, was nan")
    return float(ndtr(-z))


@dataclass(frozen=True, slots=True)
class NormalReference:
    """The standard normal: one look, many units."""

    alpha: float

    @property
    def df(self) -> float | None:
        """Return None: the normal has no degrees of freedom."""
        return None

    @property
    def critical_value(self) -> float:
        """Return z at 1 − alpha / 2."""
        return upper_quantile(require_alpha(self.alpha) / 2)

    def p_value(self, statistic: float) -> float:
        """Return 2 (1 − Φ(|z|))."""
        return 2 * upper_tail(abs(statistic))


@dataclass(frozen=True, slots=True)
class StudentReference:
    """Student's t with `degrees` of freedom: one look, variance estimated from the units."""

    alpha: float
    degrees: float

    @property
    def df(self) -> float | None:
        """Return the degrees of freedom."""
        return self.degrees

    @property
    def critical_value(self) -> float:
        """Return t at 1 − alpha / 2."""
        value = float(-stdtrit(self.degrees, require_alpha(self.alpha) / 2))
        if not math.isfinite(value):
            raise InvalidInputError(f"no t quantile at alpha {self.alpha}, df {self.degrees}")
        return value

    def p_value(self, statistic: float) -> float:
        """Return the probability of |t| at least this large."""
        return 2 * float(stdtr(self.degrees, -abs(statistic)))
