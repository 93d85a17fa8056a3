"""The nearest columns of a matrix: by the package implicit where it is installed, else by scipy."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from recommenders.histories import nothing
from recommenders.telling import tell

BLOCK = 100  # columns at a time: what comes of them stays in the cache of a processor


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
    """Return the same by scipy alone, the lower index first of equals; tells how far it is.

    `measured`: makes similarities of the products of some columns with all, given the index of the
    first; left out, the products are the similarities. What is below zero is no neighbour. Any
    number of threads gives the same result.
    """
    by_column = csr_matrix(matrix.T)

    def nearest(start: int) -> csr_matrix:
        products = csr_matrix(by_column[start : start + BLOCK] @ matrix)
        similar = products if measured is None else measured(products, start)
        return largest_of_rows(_others(similar, start), n)

    blocks = list(_worked_on(nearest, range(0, matrix.shape[1], BLOCK)))
    return csr_matrix(vstack(blocks, format="csr")) if blocks else nothing()


def _worked_on(work: Callable[[int], csr_matrix], starts: range) -> Iterator[csr_matrix]:
    """Yield what comes of each start, in order, worked on by threads: scipy lets others go on."""
    pool = ThreadPoolExecutor(_threads())
    try:
        for index, block in enumerate(pool.map(work, starts)):
            tell((index + 1) / len(starts))
            yield block
    finally:
        pool.shutdown(cancel_futures=True)  # what ends a training early does not wait for the rest


def _threads() -> int:
    """Return how many threads the libraries beneath may use in this process."""
    if find_spec("threadpoolctl") is None:
        return 1
    from threadpoolctl import threadpool_info

    return max((int(each["num_threads"]) for each in threadpool_info()), default=1)


def _others(similar: csr_matrix, start: int) -> csr_matrix:
    """Return the similarities with those of each column with itself, and negative ones, at zero."""
    rows = np.repeat(
        np.arange(start, start + similar.shape[0], dtype=similar.indices.dtype),
        np.diff(similar.indptr),
    )
    similar.data[(similar.indices == rows) | (similar.data < 0)] = 0
    return similar


def largest_of_rows(matrix: csr_matrix, n: int) -> csr_matrix:
    """Return the matrix with only the n largest values of each row, the lower index of equals.

    Zeros that are stored are left out; columns of a row rise.
    """
    lengths = np.diff(matrix.indptr)
    kept = np.ones(matrix.nnz, np.bool_)
    bounds = matrix.indptr.tolist()
    for row in np.flatnonzero(lengths > n).tolist():
        place = slice(bounds[row], bounds[row + 1])
        kept[place] = _largest(matrix.data[place], matrix.indices[place], n)
    indptr = np.concatenate([[0], np.cumsum(np.minimum(lengths, n))])
    parts = (matrix.data[kept].astype(np.float32), matrix.indices[kept], indptr)
    found = csr_matrix(parts, shape=matrix.shape)
    found.eliminate_zeros()
    found.sort_indices()
    return found


def _largest(values: NDArray[Any], columns: NDArray[np.integer[Any]], n: int) -> NDArray[np.bool_]:
    """Return which are the n largest of more; of equals those of the lowest columns."""
    edge = np.partition(values, len(values) - n)[len(values) - n]
    kept: NDArray[np.bool_] = values >= edge
    if (beyond := np.count_nonzero(kept) - n) > 0:
        equal = np.flatnonzero(values == edge)
        kept[equal[np.argsort(columns[equal])[len(equal) - beyond :]]] = False
    return kept
