"""What merchandising rules do to scores, and pins to a finished list."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


def boosted(
    scores: NDArray[np.float32],
    places: NDArray[np.int64],
    factors: NDArray[np.float32],
    buried: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Return the scores with some items further up and others after all the rest.

    A boosted item's distance above the weakest item is multiplied by its factor, so that a factor
    means the same whether scores are positive or not. Buried ones keep their order among themselves
    below the weakest. NaN stays NaN.
    """
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return scores
    low, high = float(finite.min()), float(finite.max())
    changed = np.array(scores, np.float32)
    changed[places] = low + (changed[places] - low) * factors
    changed[buried] = scores[buried] - np.float32(high - low + 1)
    return changed


def with_pins(ranked: Sequence[T], pins: Mapping[int, T], k: int) -> list[T]:
    """Return the list with each pinned thing at its rank; the others fill the places between.

    `pins`: by rank, which counts from 1; the list must hold none of them. A pin whose rank the
    list does not reach comes after the last.

    >>> with_pins(["a", "b", "c"], {2: "x"}, 3)
    ['a', 'x', 'b']
    """
    found: list[T] = []
    others = iter(ranked)
    for rank in range(1, k + 1):
        if rank in pins:
            found.append(pins[rank])
        elif (other := next(others, None)) is not None:
            found.append(other)
    return found
