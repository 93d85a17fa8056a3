"""What units did: kept from training as a sparse matrix, joined by what they did since."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.base import Queries, Scores, State

PARTS = ("data", "indices", "indptr")


def nothing(n_rows: int = 0, n_columns: int = 0) -> csr_matrix:
    """Return an empty matrix of this shape."""
    nowhere = np.zeros(0, np.int64)
    values = np.zeros(0, np.float32)
    return csr_matrix((values, (nowhere, nowhere)), shape=(n_rows, n_columns))


def packed(name: str, matrix: csr_matrix) -> State:
    """Return a matrix as the arrays name_data, name_indices, name_indptr and name_columns.

    Of a matrix with a row for each unit the name is `history`: by that the erasure of a unit finds
    its row in artifacts.
    """
    arrays = {f"{name}_{part}": np.asarray(getattr(matrix, part)) for part in PARTS}
    return arrays | {f"{name}_columns": np.array([matrix.shape[1]])}


def unpacked(name: str, state: Mapping[str, NDArray[Any]]) -> csr_matrix:
    """Return the matrix that was packed under a name."""
    # Plain views of the mapped files: the memmap type costs time on every product.
    parts = tuple(np.asarray(state[f"{name}_{part}"]) for part in PARTS)
    shape = (len(parts[2]) - 1, int(state[f"{name}_columns"][0]))
    return csr_matrix(parts, shape=shape)


def rows_of(history: csr_matrix, queries: Queries) -> csr_matrix:
    """Return what each unit asked for did, before training and since; empty rows for strangers."""
    inside = (queries.units >= 0) & (queries.units < history.shape[0])
    if inside.all():
        known = history[queries.units]
    else:
        # A matrix that puts each known unit's row in its place, and leaves the others empty.
        n = len(queries)
        asked = np.flatnonzero(inside)
        places = (np.ones(len(asked), np.float32), (asked, queries.units[asked]))
        known = csr_matrix(places, shape=(n, history.shape[0])) @ history
    joined: csr_matrix = known if queries.recent is None else csr_matrix(known + queries.recent)
    return joined


def has_acts(rows: csr_matrix) -> NDArray[np.bool_]:
    """Return which rows hold anything above zero."""
    sums = np.asarray(abs(rows).sum(axis=1)).ravel()
    return sums > 0


def spread(scores: Scores, places: NDArray[np.bool_]) -> Scores:
    """Return a row for every place, those of `scores` where it is true and NaN elsewhere."""
    if places.all():
        return scores
    rows = np.full((len(places), scores.shape[1]), np.nan, np.float32)
    rows[places] = scores
    return rows


def dense(scores: csr_matrix) -> Scores:
    """Return sparse scores as an array, NaN where nothing is stored or the sum is zero."""
    found: Scores = scores.toarray().astype(np.float32, copy=False)
    found[found == 0] = np.nan
    return found
