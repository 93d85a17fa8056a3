"""Acts folded into LightFM's factors, beside the other ways of it, on units left out of training.

MovieLens 100K: of 200 users drawn at random nothing is trained on; three quarters of what each
rated is folded in, or a few ratings of these alone, and the rest is to be found.
"""

import gzip
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.algorithms.lightfm import LightFM
from recommenders.base import Queries
from recommenders.evaluation.lists import hits_of_scores, relevant_of
from recommenders.evaluation.metrics import ndcg
from recommenders.registry import missing
from tests.recommenders.data import fitted, training_data

RATINGS = Path(__file__).parents[3] / "shared" / "data" / "ml-100k" / "u.data.gz"
N_UNITS, N_ITEMS, N_LEFT_OUT = 943, 1682, 200
DRAWS = 10  # of a few acts, which by themselves leave much to chance
SETTINGS = {"components": 32, "epochs": 30, "weights": "one"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RATINGS.exists(), reason="MovieLens 100K is not beside the project"),
    pytest.mark.skipif(missing("lightfm") is not None, reason="LightFM is not installed"),
]


@cache
def _world() -> tuple[LightFM, csr_matrix, csr_matrix]:
    """Return what was fitted on the others, and what the units left out did and want."""
    with gzip.open(RATINGS) as file:
        pairs: NDArray[np.int64] = np.loadtxt(file, dtype=np.int64)[:, :2] - 1
    rng = np.random.default_rng(42)
    left_out = rng.choice(N_UNITS, N_LEFT_OUT, replace=False)
    is_theirs, is_past = np.isin(pairs[:, 0], left_out), rng.random(len(pairs)) < 0.75
    data = training_data(pairs[~is_theirs], n_units=N_UNITS, n_items=N_ITEMS)
    model = fitted("lightfm", data, settings=SETTINGS)
    assert isinstance(model, LightFM)
    done, wanted = (
        training_data(pairs[is_theirs & mask], n_units=N_UNITS, n_items=N_ITEMS).matrix[left_out]
        for mask in (is_past, ~is_past)
    )
    return model, done, wanted


def _some(done: csr_matrix, n: int, seed: int) -> csr_matrix:
    """Return n acts of each unit, drawn at random."""
    rng = np.random.default_rng(seed)
    rows = np.repeat(np.arange(done.shape[0]), np.diff(done.indptr))
    items = done.indices[np.lexsort((rng.random(done.nnz), rows))]
    kept = np.arange(done.nnz) - np.repeat(done.indptr[:-1], np.diff(done.indptr)) < n
    ones = np.ones(int(kept.sum()), np.float32)
    return csr_matrix((ones, (rows[kept], items[kept])), shape=done.shape)


def _ndcg(vectors: NDArray[np.float32], acts: csr_matrix) -> float:
    model, _done, wanted = _world()
    scores = (vectors @ model.item_factors_.T).astype(np.float32)
    scores[acts.nonzero()] = np.nan
    return ndcg(hits_of_scores(scores, wanted, 10), relevant_of(wanted))


def _learned_map(acts: csr_matrix) -> NDArray[np.float32]:
    model = _world()[0]
    return model.fold_.of(acts, model.item_factors_)


def _item_sum(acts: csr_matrix) -> NDArray[np.float32]:
    """Return the items' sums, as long as known units' factors are in the mean."""
    model = _world()[0]
    sums = acts @ model.item_factors_[:, :-1]
    known = model.unit_factors_[model.unit_factors_[:, -1] > 0, :-1]
    length = np.linalg.norm(known, axis=1).mean()
    scaled = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9) * length
    return np.hstack([scaled, np.ones((len(sums), 1))])


def _ridge(acts: csr_matrix, penalty: float = 3.0) -> NDArray[np.float32]:
    """Return factors by which a unit's items all score 1, as nearly as the penalty allows."""
    items = _world()[0].item_factors_[:, :-1]
    rows = []
    for unit in range(acts.shape[0]):
        own = items[acts[[unit]].indices]
        gram = own.T @ own + penalty * np.eye(items.shape[1])
        rows.append(np.append(np.linalg.solve(gram, own.sum(axis=0)), 1))
    return np.array(rows, np.float32)


WAYS = (_learned_map, _item_sum, _ridge)


@pytest.mark.parametrize("n", [1, 3, 10])
def test_folding__few_acts__rank_better_than_by_the_other_ways(n: int) -> None:
    draws = [_some(_world()[1], n, seed) for seed in range(DRAWS)]

    found = np.array([[_ndcg(way(acts), acts) for way in WAYS] for acts in draws])

    learned, summed, ridge = found.mean(axis=0)
    assert learned > max(summed, ridge)


def test_folding__whole_history__ranks_better_than_by_the_other_ways() -> None:
    done = _world()[1]

    learned, summed, ridge = (_ndcg(way(done), done) for way in WAYS)

    assert learned > max(summed, ridge)


def test_folding__strangers__are_scored_by_what_they_did() -> None:
    model, done, _wanted = _world()

    scores = model.score(Queries(np.full(N_LEFT_OUT, -1), recent=done))

    np.testing.assert_allclose(
        scores, _learned_map(done) @ model.item_factors_.T, rtol=1e-4, atol=1e-4
    )
