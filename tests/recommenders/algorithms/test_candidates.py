"""Which items are looked at twice, and what the trees see of each."""

import numpy as np
from scipy.sparse import csr_matrix

from recommenders.algorithms.candidates import Candidates, candidates_of
from recommenders.base import Queries, Scores
from recommenders.features.pairs import NAMES, Known
from tests.recommenders.data import pairs_of, training_data

# Unit 0 touched item 5; two bases, of which the second knows nothing of unit 1.
SCORES = [
    np.array([[6, 5, 4, 3, 2, 9], [1, 2, 3, 4, 5, 6]], np.float32),
    np.array([[0, 0, 0, 7, 0, 0], [np.nan] * 6], np.float32),
]


def _found(most: int = 2, hidden: csr_matrix | None = None) -> Candidates:
    data = training_data(pairs_of((0, 5), (1, 0)), n_units=2, n_items=6)
    return candidates_of(
        SCORES,
        Known.of(data),
        Queries(np.array([0, 1])),
        at_us=np.zeros(2, np.int64),
        hidden=hidden,
        most=most,
    )


def _items(found: Candidates, row: int) -> set[int]:
    return set(found.item[found.row == row].tolist())


def test_candidates__best_new_items_and_touched_ones__are_picked() -> None:
    found = _found()

    assert {0, 1, 3, 5} <= _items(found, 0)
    assert 4 not in _items(found, 0)
    assert _items(found, 1) == {0, 4, 5}


def test_candidates__what_is_hidden__is_none() -> None:
    hidden = csr_matrix(np.array([[0, 0, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0]], np.float32))

    found = _found(hidden=hidden)

    assert 5 not in _items(found, 0)
    assert _items(found, 1) == {4, 5}


def test_candidates__each__comes_with_scores_ranks_and_features() -> None:
    found = _found()

    assert found.columns.shape == (len(found.row), 2 * len(SCORES) + len(NAMES))
    own = found.row == 1
    ranks = dict(zip(found.item[own].tolist(), found.columns[own, 1].tolist(), strict=True))
    np.testing.assert_allclose([ranks[5], ranks[4], ranks[0]], np.log([1, 2, 3]), rtol=1e-6)
    assert np.isnan(found.columns[own, 2:4]).all()


def test_candidates__new_scores__stand_above_all_others() -> None:
    found = _found()

    beneath: Scores = found.beneath()
    above = found.above_one(np.linspace(-5, 5, len(found.row)))

    assert ((beneath > 0) & (beneath < 1)).all()
    assert above.min() == 1
    assert all((above[found.row == row].min() == 1) for row in (0, 1))
    assert beneath[1].argmax() == 5
