"""Lists drawn by chance, so that the probability of having shown each item is known exactly.

First every item of the pool gets its probability of being on the list, its inclusion probability;
these sum to the length of the list. Then exactly as many items are drawn by systematic sampling,
which takes each item with just that probability: no approximation, no simulation. What is written
with a shown item as its propensity is this number.
Source: Madow (1949), On the Theory of Systematic Sampling II, Ann. Math. Statist. 20(3);
Tillé (2006), Sampling Algorithms, chapters 2 and 7.
"""

import numpy as np
from numpy.typing import NDArray

from recommenders.reranking.settings import Exploration

Probabilities = NDArray[np.float64]


def inclusion(
    scores: NDArray[np.float32], size: float, exploration: Exploration | None
) -> Probabilities:
    """Return each item's probability of being on a list of `size` items; they sum to `size`.

    `scores`: of the pool, best first. `size` may be a fraction: a list may keep a part of a place
    for something else. Without exploration the first items are certain.
    """
    if not len(scores):
        return np.zeros(0)
    size = min(size, float(len(scores)))
    if exploration is None:
        return greedy(len(scores), size)
    if exploration.kind == "epsilon":
        return epsilon(len(scores), size, exploration.share)
    return softmax(scores, size, exploration.temperature)


def greedy(n: int, size: float) -> Probabilities:
    """Return 1 for the first `size` of n items, and what is left of it for the next.

    >>> greedy(4, 2.5).tolist()
    [1.0, 1.0, 0.5, 0.0]
    """
    return np.clip(size - np.arange(n), 0.0, 1.0)


def epsilon(n: int, size: float, share: float) -> Probabilities:
    """Return (1 - share) * greedy + share * size / n for each of n items.

    >>> epsilon(4, 2, 0.5).tolist()
    [0.75, 0.75, 0.25, 0.25]
    """
    return (1 - share) * greedy(n, size) + share * size / max(n, 1)


def softmax(scores: NDArray[np.float32], size: float, temperature: float) -> Probabilities:
    """Return min(1, c * exp(z / temperature)) with the c for which they sum to `size`.

    z: scores less their mean in their standard deviations, so that a temperature means the same for
    every recommender. For a list of one item this is the softmax itself; where an item's share of a
    longer list passes 1 it is certain, and the others divide the rest.
    """
    values = scores.astype(np.float64)
    spread = values.std()
    logits = (values - values.max(initial=0.0)) / ((spread or 1.0) * temperature)
    return proportional(np.exp(np.maximum(logits, -500.0)), size)


def proportional(weights: Probabilities, size: float) -> Probabilities:
    """Return min(1, c * weights) with the c for which they sum to `size`.

    Items that would pass 1 become certain, one round after the other, until none does.
    """
    found = np.zeros(len(weights))
    certain = np.zeros(len(weights), np.bool_)
    for _round in range(len(weights)):
        rest = weights[~certain]
        found[~certain] = rest * ((size - certain.sum()) / rest.sum()) if len(rest) else rest
        beyond = found > 1.0
        if not beyond.any():
            break
        certain |= beyond
        found[certain] = 1.0
    return np.clip(found, 0.0, 1.0)


def draw(probabilities: Probabilities, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the places of the items drawn, ascending; as many as the probabilities sum to.

    Systematic sampling: the probabilities are laid end to end in a random order, and the items are
    taken at a random point and every whole step from there. The order makes which items come
    together a matter of chance too. The sum must be a whole number.
    """
    order = rng.permutation(len(probabilities))
    ends = np.cumsum(probabilities[order])
    points = rng.random() + np.arange(round(float(ends[-1])) if len(ends) else 0)
    # The last point may lie beyond the last end by what rounding took from the sum.
    places = np.minimum(np.searchsorted(ends, points, side="right"), len(ends) - 1)
    return np.sort(order[places])
