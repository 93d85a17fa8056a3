"""Published figures on MovieLens 100K, which is not ours to distribute.

Protocol: 100,000 ratings, all positive; each user's rows, in file order, shuffled by one generator
in user order, the first 75 % to train; seen items removed, the full catalogue ranked, k = 10.
"""

import gzip
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.base import TrainingData
from recommenders.evaluation.metrics import hits_of_lists, lists_of_scores, ndcg, precision
from recommenders.registry import missing
from tests.recommenders.data import fitted, scores_of, training_data

RATINGS = Path(__file__).parents[3] / "shared" / "data" / "ml-100k" / "u.data.gz"
N_UNITS, N_ITEMS = 943, 1682
SEED = 42
TOLERANCE_P = 0.012
TOLERANCE_NDCG = 0.015
ONE = {"weights": "one"}  # the reference run tells ratings from none, and no more

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RATINGS.exists(), reason="MovieLens 100K is not beside the project"),
]


@cache
def _split() -> tuple[TrainingData, csr_matrix]:
    """Return what to learn from and what each user rated besides."""
    with gzip.open(RATINGS) as file:
        pairs: NDArray[np.int64] = np.loadtxt(file, dtype=np.int64)[:, :2] - 1
    rng = np.random.default_rng(SEED)
    learned = np.zeros(len(pairs), np.bool_)
    for unit in range(N_UNITS):
        rows = np.flatnonzero(pairs[:, 0] == unit)
        rng.shuffle(rows)
        learned[rows[: round(0.75 * len(rows))]] = True
    data = training_data(pairs[learned], n_units=N_UNITS, n_items=N_ITEMS)
    later = training_data(pairs[~learned], n_units=N_UNITS, n_items=N_ITEMS)
    return data, later.matrix


def _figures(name: str, **settings: Any) -> tuple[float, float]:
    """Return precision and NDCG at 10."""
    data, wanted = _split()
    scores = scores_of(fitted(name, data, seed=SEED, settings=settings), *range(N_UNITS))
    scores[data.matrix.nonzero()] = np.nan
    hits = hits_of_lists(lists_of_scores(scores, 10), wanted)
    return precision(hits), ndcg(hits, np.diff(wanted.indptr))


def test_split__movielens__is_that_of_the_reference_run() -> None:
    data, wanted = _split()

    assert (len(data.item), wanted.nnz) == (74_992, 25_008)


@pytest.mark.parametrize(
    ("name", "chosen", "expected_p", "expected_ndcg"),
    [
        ("popularity", {}, 0.2295, 0.2563),
        ("user_knn", ONE | {"neighbours": 0}, 0.3067, 0.3687),
        ("item_knn", ONE | {"neighbours": N_ITEMS, "measure": "jaccard"}, 0.3318, 0.3796),
        ("item_knn", ONE | {"neighbours": N_ITEMS, "damping": 0}, 0.3445, 0.3985),
        ("lightfm", ONE | {"components": 10, "epochs": 10}, 0.3508, 0.3999),
        ("lightfm", ONE | {"components": 30, "epochs": 30}, 0.3846, 0.4408),
        ("lightfm", ONE | {"components": 10, "epochs": 10, "loss": "logistic"}, 0.2213, 0.2492),
        ("als", ONE | {"factors": 32, "regularization": 0.1}, 0.3856, 0.4420),
        ("ease", ONE | {"regularization": 300, "kept": N_ITEMS}, 0.4280, 0.4903),
    ],
)
def test_movielens__known_recommender__reaches_the_published_figures(
    name: str, chosen: dict[str, Any], expected_p: float, expected_ndcg: float
) -> None:
    if why := missing(name):
        pytest.skip(why)

    found_p, found_ndcg = _figures(name, **chosen)

    assert found_p == pytest.approx(expected_p, abs=TOLERANCE_P)
    assert found_ndcg == pytest.approx(expected_ndcg, abs=TOLERANCE_NDCG)
