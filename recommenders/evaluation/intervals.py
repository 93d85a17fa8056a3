"""How sure a mean over units is: the bootstrap, which draws units anew."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

DRAWS = 1_000
CONFIDENCE = 0.95
BLOCK_CELLS = 4_000_000  # draws x units held at one time


def bootstrap_intervals(
    values: NDArray[np.float64],
    *,
    rng: np.random.Generator,
    draws: int = DRAWS,
    confidence: float = CONFIDENCE,
) -> NDArray[np.float64]:
    """Return the percentile interval of each column's mean, shape (2, n_metrics): low, high.

    `values`: (n_units, n_metrics); NaN, where a unit has no value, is left out of means. All
    columns share the draws. NaN for a column without two values. Source: Efron and Tibshirani
    (1993), An introduction to the bootstrap, chapter 13.
    """
    known = np.isfinite(values)
    filled = np.where(known, values, 0)
    means = np.concatenate(
        [_means(weights, filled, known) for weights in _weights(len(values), draws, rng)]
    )
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    # A draw may hold nobody with a value.
    found = np.full((2, values.shape[1]), np.nan)
    enough = known.sum(axis=0) > 1
    if enough.any():
        found[:, enough] = np.nanquantile(means[:, enough], tails, axis=0)
    return found


def _weights(n_units: int, draws: int, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """Yield how often each unit is drawn, (block of draws, n_units)."""
    size = max(BLOCK_CELLS // max(n_units, 1), 1)
    for start in range(0, draws, size):
        block = min(size, draws - start)
        drawn = rng.integers(n_units, size=(block, n_units))
        places = drawn + np.arange(block)[:, None] * n_units
        counts = np.bincount(places.ravel(), minlength=block * n_units)
        yield counts.reshape(block, n_units).astype(np.float64)


def _means(
    weights: NDArray[np.float64], filled: NDArray[np.float64], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    total = weights @ filled
    count = weights @ known.astype(np.float64)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
