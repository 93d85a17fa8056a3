"""The nearest columns of a matrix: by the package implicit where it is installed, else by scipy."""

from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from recommenders.histories import nothing

BLOCK = 500  # columns at a time, so that memory stays bounded


def nearest_by_product(matrix: csr_matrix, n: int) -> csr_matrix:
    """Return for each column the n others with the largest positive products, (columns, columns).

    Which of equals at the edge stays is the engine's choice.
    """
    if find_spec("implicit") is not None and matrix.nnz:
        from recommenders.implicit_engine import nearest_columns

        # One more than asked for where a column is not among its own nearest.
        return largest_of_rows(nearest_columns(matrix, n), n)
    return nearest_by_blocks(matrix, n)


def nearest_by_blocks(
    matrix: csr_matrix, n: int, measured: Callable[[csr_matrix, int], csr_matrix] | None = None
) -> csr_matrix:
    """Return the same by scipy alone, the lower index first of equals.

    `measured`: makes similarities of the products of some columns with all, given the index of the
    first; left out, the products are the similarities.
    """
    by_column = csr_matrix(matrix.T)
    blocks = []
    for start in range(0, matrix.shape[1], BLOCK):
        products = _others(csr_matrix(by_column[start : start + BLOCK] @ matrix), start)
        similar = products if measured is None else measured(products, start)
        blocks.append(largest_of_rows(similar, n))
    return csr_matrix(vstack(blocks, format="csr")) if blocks else nothing()


def _others(products: csr_matrix, start: int) -> csr_matrix:
    """Return the positive products, without those of each column with itself."""
    rows = np.repeat(np.arange(products.shape[0]), np.diff(products.indptr))
    products.data[(products.indices == rows + start) | (products.data < 0)] = 0
    products.eliminate_zeros()
    return products


def largest_of_rows(matrix: csr_matrix, n: int) -> csr_matrix:
    """Return the matrix with only the n largest values of each row, the lower index of equals."""
    matrix.sort_indices()
    kept = [
        start + _largest(matrix.data[start:stop], n)
        for start, stop in pairwise(matrix.indptr.tolist())
    ]
    indptr = np.concatenate([[0], np.cumsum([len(places) for places in kept])])
    places = np.concatenate(kept) if kept else np.zeros(0, np.int64)
    parts = (matrix.data[places].astype(np.float32), matrix.indices[places], indptr)
    return csr_matrix(parts, shape=matrix.shape)


def _largest(values: NDArray[Any], n: int) -> NDArray[np.int64]:
    """Return where the n largest stand, in rising order; the first of equals."""
    if len(values) <= n:
        return np.arange(len(values))
    edge = np.partition(values, len(values) - n)[len(values) - n]
    above, equal = np.flatnonzero(values > edge), np.flatnonzero(values == edge)
    return np.sort(np.concatenate([above, equal[: n - len(above)]]))
