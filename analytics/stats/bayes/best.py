"""Which of several variants is best, where their values are close to normal."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from analytics.errors import InvalidInputError
from analytics.stats.effects import require_defined
from analytics.stats.quadrature import Floats, any_of, panel_rule
from analytics.stats.results import Direction, Estimate

REACH = 9.0  # deviations around each value that the quadrature covers
STEPS = 25  # panels' edges per value


def prob_best(
    estimates: Sequence[Estimate], *, direction: Direction = Direction.UP
) -> tuple[float, ...]:
    """Return, per variant, the probability that its value is the best; they sum to 1.

    P_i = ∫ φ_i Π_{j≠i} Φ_j with a flat prior: independent normals around the values.
    `estimates`: control too, where it may win. Raises InvalidInputError where one has
    no value or no positive variance.

    >>> prob_best([Estimate(100, 1.0, 0.01), Estimate(100, 1.0, 0.01)])
    (0.5, 0.5)
    """
    means, sds = _require_normals(estimates, direction)
    nodes, weights = panel_rule(_edges(means, sds))
    z = (nodes - means[:, None]) / sds[:, None]
    below, density = ndtr(z), np.exp(-(z**2) / 2) / sds[:, None]
    raw = [
        float(weights @ (density[index] * np.delete(below, index, axis=0).prod(axis=0)))
        for index in range(len(means))
    ]
    return tuple(share / math.fsum(raw) for share in raw)


def expected_regrets(
    estimates: Sequence[Estimate], *, direction: Direction = Direction.UP
) -> tuple[float, ...]:
    """Return, per variant, E[best − it] in the metric's unit: what choosing it costs.

    ∫ Φ_i (1 − Π_{j≠i} Φ_j), with the posteriors of `prob_best`.
    """
    means, sds = _require_normals(estimates, direction)
    nodes, weights = panel_rule(_edges(means, sds))
    z = (nodes - means[:, None]) / sds[:, None]
    below, above = ndtr(z), ndtr(-z)
    return tuple(
        float(weights @ (below[index] * any_of(np.delete(above, index, axis=0))))
        for index in range(len(means))
    )


def _edges(means: Floats, sds: Floats) -> Floats:
    """Return the edges of panels that resolve every value, the narrow ones and the wide."""
    around = means[:, None] + sds[:, None] * np.linspace(-REACH, REACH, STEPS)
    return np.asarray(np.unique(around), dtype=np.float64)


def _require_normals(estimates: Sequence[Estimate], direction: Direction) -> tuple[Floats, Floats]:
    """Return values, the better the larger, and their standard deviations."""
    if not estimates:
        raise InvalidInputError("there must be at least one variant")
    pairs = [require_defined(each) for each in estimates]
    if any(variance <= 0 for _, variance in pairs):
        raise InvalidInputError("every variant needs a positive variance")
    values = np.array([direction.sign * value for value, _ in pairs])
    return values, np.sqrt([variance for _, variance in pairs])
