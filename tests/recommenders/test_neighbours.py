"""The nearest columns: by either engine what a plain product says."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders import neighbours
from recommenders.errors import OutOfTime
from recommenders.histories import nothing
from recommenders.neighbours import largest_of_rows, nearest_by_blocks, nearest_by_product
from recommenders.registry import missing
from recommenders.telling import heard_by


def _some_matrix() -> csr_matrix:
    rng = np.random.default_rng(5)
    return csr_matrix(np.where(rng.random((40, 23)) < 0.2, rng.random((40, 23)), 0))


def _nearest(matrix: csr_matrix, n: int) -> NDArray[np.float64]:
    products = (matrix.T @ matrix).toarray()
    np.fill_diagonal(products, 0)
    for row in products:
        row[np.argsort(-row)[n:]] = 0
    return products


@pytest.mark.parametrize("n", [1, 4, 100])
def test_nearest__by_blocks__is_what_the_product_says(
    monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    monkeypatch.setattr(neighbours, "BLOCK", 5)
    matrix = _some_matrix()

    found = nearest_by_blocks(matrix, n).toarray()

    np.testing.assert_allclose(found, _nearest(matrix, n), rtol=1e-5)


def test_nearest__by_several_threads__is_the_same_to_the_bit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(neighbours, "BLOCK", 2)
    found = []
    for threads in (1, 4):
        monkeypatch.setattr(neighbours, "_threads", lambda n=threads: n)
        found.append(nearest_by_blocks(_some_matrix(), 4))

    for part in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(*(getattr(each, part) for each in found))


def test_nearest__ended_early__does_not_work_on_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "BLOCK", 1)
    monkeypatch.setattr(neighbours, "_threads", lambda: 1)
    begun: list[int] = []

    def measured(products: csr_matrix, start: int) -> csr_matrix:
        begun.append(start)
        time.sleep(0.02)  # longer than it takes to hear of the end
        return products

    def end(_share: float) -> None:
        raise OutOfTime("too long")

    with pytest.raises(OutOfTime), heard_by(end):
        nearest_by_blocks(_some_matrix(), 4, measured)

    assert len(begun) < 23


@pytest.mark.skipif(missing("als") is not None, reason="implicit is not installed")
@pytest.mark.parametrize("n", [1, 4, 100])
def test_nearest__by_implicit__is_what_the_product_says(n: int) -> None:
    matrix = _some_matrix()

    found = nearest_by_product(matrix, n).toarray()

    np.testing.assert_allclose(found, _nearest(matrix, n), rtol=1e-5)


def test_nearest__no_columns__is_empty() -> None:
    assert nearest_by_product(nothing(), 3).shape == (0, 0)


def test_nearest__columns_nobody_touched__have_none() -> None:
    matrix = csr_matrix(np.zeros((2, 3), np.float32))

    assert nearest_by_product(matrix, 3).nnz == 0


def test_largest_of_rows__equals_at_the_edge__keeps_the_lower_index() -> None:
    rows = csr_matrix(np.array([[2.0, 1.0, 3.0, 1.0], [0.0, 0.0, 0.0, 5.0]]))

    kept = largest_of_rows(rows, 3).toarray()

    assert kept.tolist() == [[2, 1, 3, 0], [0, 0, 0, 5]]
