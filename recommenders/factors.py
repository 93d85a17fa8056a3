"""Factors of units and items: moved by what a unit did since, and begun from earlier ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.base import Queries, State

Factors = NDArray[np.float32]

LENGTHS = (1, 3, 10)  # acts to which histories are cut beside the whole, to learn from few
SHRINK = 3.0  # acts that count as none, so that one act moves a unit less than many
KNOWN_ACTS = 3.0  # acts since training that weigh as much as all that a unit did before
LEARN_UNITS = 5_000
RIDGE = 0.1


@dataclass(frozen=True, slots=True)
class Fold:
    """How a unit's factors follow from its items': `turn`, (width, width - 1).

    Learned on known units, with their whole histories and cut ones: factors = [mean, 1] @ turn, the
    mean of the items' factors shrunk by three acts. For units left out of training it ranks better
    than the sum of the items' factors or a ridge solution for each unit, by few acts and by many.
    """

    turn: Factors

    @classmethod
    def none(cls, width: int) -> Self:
        """Return what folds everything into nothing."""
        return cls(np.zeros((width, width - 1), np.float32))

    @classmethod
    def learned(
        cls, units: Factors, items: Factors, history: csr_matrix, rng: np.random.Generator
    ) -> Self:
        """Return the ridge solution over units with a history; the last coordinate is a bias."""
        known = np.flatnonzero(np.diff(history.indptr))
        if len(known) > LEARN_UNITS:
            known = np.sort(rng.choice(known, LEARN_UNITS, replace=False))
        histories = _cut(history[known], rng)
        given = np.vstack([_means(each, items) for each in histories]).astype(np.float64)
        wanted = np.tile(units[known, :-1], (len(histories), 1))
        gram = given.T @ given + RIDGE * np.eye(given.shape[1])
        return cls(np.linalg.solve(gram, given.T @ wanted).astype(np.float32))

    def of(self, acts: csr_matrix, items: Factors) -> Factors:
        """Return the factors of units that did this, the coordinate of the item's bias with them.

        `acts`: (n, n_items), weights; only their ratios within a row count. Zeros for no acts.
        """
        most = np.asarray(acts.max(axis=1).todense()).ravel()
        scale = np.divide(1, most, out=np.zeros_like(most), where=most > 0)
        relative = csr_matrix(acts.multiply(scale[:, None]), dtype=np.float32)
        ones = np.ones((acts.shape[0], 1), np.float32)
        found: Factors = np.hstack([_means(relative, items) @ self.turn, ones])
        found[most <= 0] = 0
        return found

    def state(self) -> State:
        """Return the array."""
        return {"fold": self.turn}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], *, width: int) -> Self:
        """Return the fold whose state this is; none for an artifact of before there was one."""
        return cls(np.asarray(state["fold"])) if "fold" in state else cls.none(width)


def _cut(history: csr_matrix, rng: np.random.Generator) -> list[csr_matrix]:
    """Return histories, each act a 1, whole and cut to some acts of each unit, drawn at random."""
    lengths = np.diff(history.indptr)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    items = history.indices[np.lexsort((rng.random(history.nnz), rows))]
    place = np.arange(history.nnz) - np.repeat(history.indptr[:-1], lengths)
    kept = [place < length for length in (history.nnz, *LENGTHS)]
    ones = np.ones(history.nnz, np.float32)
    return [
        csr_matrix((ones[mask], (rows[mask], items[mask])), shape=history.shape) for mask in kept
    ]


def _means(acts: csr_matrix, items: Factors) -> Factors:
    counts = np.asarray(acts.sum(axis=1)).reshape(-1, 1)
    # Of the items touched alone: a product with all of them would first copy every factor.
    touched, places = np.unique(acts.indices, return_inverse=True)
    shape = (acts.shape[0], len(touched))
    few = csr_matrix((acts.data, places, acts.indptr), shape=shape)
    sums = few @ items[touched, :-1] / (counts + np.float32(SHRINK))
    return np.hstack([sums, np.ones_like(counts)]).astype(np.float32)


def by_coordinate(items: Factors) -> Factors:
    """Return the same factors, in memory one coordinate of all items after another.

    A product with one unit's then reads memory in one stream: by rows of 65 numbers, which begin
    anywhere in a line of the cache, it takes a third longer.
    """
    return np.asfortranarray(items, np.float32)


def packed_items(items: Factors) -> State:
    """Return factors by coordinate as an array, (width, n_items)."""
    return {"item_columns": items.T}


def unpacked_items(state: Mapping[str, NDArray[Any]]) -> Factors:
    """Return what was packed, (n_items, width); by rows from an artifact of before."""
    # Plain views of the mapped files: the memmap type costs time on every product.
    if "item_columns" in state:
        return np.asarray(state["item_columns"]).T
    return np.asarray(state["item_factors"])


def folded(units: Factors, items: Factors, fold: Fold, queries: Queries) -> Factors:
    """Return the factors of the units asked for, moved by what they did since; zeros for strangers.

    A known unit moves by n / (n + 3) of the way to what its n latest acts alone would make it.
    """
    found = np.zeros((len(queries), items.shape[1]), np.float32)
    inside = (queries.units >= 0) & (queries.units < len(units))
    found[inside] = units[queries.units[inside]]
    if queries.recent is None or items.shape[1] < 2:  # none were learned: a bias alone
        return found
    all_acts = np.diff(queries.recent.indptr)
    acted = np.flatnonzero(all_acts)
    since = fold.of(queries.recent[acted], items)
    acts = all_acts[acted, None]
    known = found[acted, -1:] > 0
    share = np.where(known, acts / (acts + KNOWN_ACTS), 1).astype(np.float32)
    found[acted] += share * (since - found[acted])
    return found


def explained(
    features: csr_matrix,
    earlier: NDArray[Any],
    places: NDArray[np.int64],
    begun: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return embeddings of features, (n_features, width), that make up the factors of before.

    `features`: (n, n_features), the first n of identity; `earlier`: (n_before, width), the bias
    last; `places`: for each row its index in `earlier`, -1 for a new one, whose own embedding stays
    as `begun`, (n_features, width - 1). What rows share takes the mean of those that have it, each
    row's own the rest, so that known rows keep their factors exactly.
    """
    n, known = features.shape[0], places >= 0
    embeddings = np.column_stack([begun, np.zeros(len(begun), np.float32)])
    before = np.zeros((n, earlier.shape[1]), np.float32)
    before[known] = earlier[places[known]]
    shared = csr_matrix(features[:, n:])
    having = csr_matrix((shared[known] > 0).astype(np.float32))
    counts = np.asarray(having.sum(axis=0)).reshape(-1, 1)
    means = having.T @ before[known] / np.maximum(counts, 1)
    embeddings[n:] = np.where(counts > 0, means, embeddings[n:])
    rest = before - shared @ embeddings[n:]
    own = features.diagonal()
    owned = np.flatnonzero(known & (own > 0))
    embeddings[owned] = rest[owned] / own[owned, None]
    return embeddings.astype(np.float32)
