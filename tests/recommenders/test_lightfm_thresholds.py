"""The thresholds that LightFM's own tests hold it to, reached by what we serve.

Source: lyst/lightfm, tests/test_movielens.py. MovieLens 100K, ratings of 4 and 5 positive and the
others negative; GroupLens's split `ua`, which is each user's first ten ratings in the order of the
file to test and the rest to train; ten components, ten epochs; training items stay in the lists.
What differs: the seed reaches the engine through our generator, and lists are made of the factors
that an artifact holds. These hold no unit's bias, as it moves all scores of a unit alike; where
ratings of all units are ordered together, the engine that we trained predicts them itself.
"""

import gzip
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.stats import rankdata

from recommenders.algorithms.lightfm import LightFM
from recommenders.base import Scores, TrainingData
from recommenders.evaluation.lists import hits_of_scores
from recommenders.evaluation.metrics import precision
from recommenders.registry import missing
from tests.recommenders.data import fitted, scores_of, training_data

MOVIELENS = Path(__file__).parents[3] / "shared" / "data" / "ml-100k"
N_UNITS, N_ITEMS = 943, 1682
HELD_OUT = 10
SEED = 10
FIRST_GENRE = 5  # field of u.item
PLAIN = {"components": 10, "epochs": 10, "weights": "one"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not MOVIELENS.exists(), reason="MovieLens 100K is not beside the project"),
    pytest.mark.skipif(missing("lightfm") is not None, reason="LightFM is not installed"),
]


@cache
def _split() -> tuple[TrainingData, TrainingData]:
    """Return what to train on and what to test by, a weight of -1 for a negative rating."""
    with gzip.open(MOVIELENS / "u.data.gz") as file:
        rows: NDArray[np.int64] = np.loadtxt(file, dtype=np.int64)
    place = np.zeros(len(rows), np.int64)
    for unit in range(1, N_UNITS + 1):
        own = np.flatnonzero(rows[:, 0] == unit)
        place[own] = np.arange(len(own))
    test = place < HELD_OUT
    return _signed(rows[~test]), _signed(rows[test])


def _signed(rows: NDArray[np.int64]) -> TrainingData:
    data = training_data(rows[:, :2] - 1, n_units=N_UNITS, n_items=N_ITEMS)
    return replace(data, weight=np.where(rows[:, 2] >= 4, 1, -1).astype(np.float32))


def _liked(data: TrainingData) -> csr_matrix:
    return data.where(data.weight > 0).matrix


@cache
def _genres() -> csr_matrix:
    with gzip.open(MOVIELENS / "u.item.gz", "rt", encoding="latin-1") as file:
        rows = [line.rstrip("\n").split("|")[FIRST_GENRE:] for line in file if line.strip()]
    return csr_matrix(np.array(rows, np.float32))


def _scores(data: TrainingData, settings: Mapping[str, Any]) -> Scores:
    found = fitted("lightfm", data, seed=SEED, settings={**PLAIN, **settings})
    return scores_of(found, *range(N_UNITS))


def _precision(scores: Scores, liked: csr_matrix) -> float:
    has_any = np.diff(liked.indptr) > 0
    return precision(hits_of_scores(scores[has_any], liked[has_any], 10))


def _auc(scores: Scores, liked: csr_matrix) -> float:
    """Return the area under the curve of liked items against all others, mean over units."""
    found = []
    for unit, row in enumerate(scores):
        is_good = np.zeros(N_ITEMS, np.bool_)
        is_good[liked[[unit]].indices] = True
        if is_good.any():
            found.append(_area(row, is_good))
    return float(np.mean(found))


def _area(scores: NDArray[Any], is_good: NDArray[np.bool_]) -> float:
    """Return the share of pairs of a good and another one in the right order."""
    n = int(is_good.sum())
    above = rankdata(scores)[is_good].sum() - n * (n + 1) / 2
    return float(above / (n * (len(scores) - n)))


def _areas_of_ratings(data: TrainingData, settings: Mapping[str, Any]) -> list[float]:
    """Return the area under the curve of all ratings together, of trained on and held out ones."""
    ours = LightFM({**LightFM.defaults, **PLAIN, "loss": "logistic", **settings})
    engine = ours._engine(N_ITEMS, SEED)
    ours._run(engine, data, int(ours.settings["epochs"]))
    return [
        _area(engine.predict(each.unit, each.item, ours._items(data)), each.weight > 0)
        for each in (data, _split()[1])
    ]


def test_split__ua__holds_ten_ratings_of_each_user_out() -> None:
    train, test = _split()

    assert (len(train.item), len(test.item)) == (90_570, 9_430)
    assert (np.bincount(test.unit) == HELD_OUT).all()
    # As the published ua.test begins.
    first = np.sort(test.item[test.unit == 0]) + 1
    assert first.tolist() == [20, 33, 61, 117, 155, 160, 171, 189, 202, 265]


@pytest.mark.parametrize(
    ("chosen", "train_p", "test_p", "train_auc", "test_auc"),
    [
        ({"loss": "logistic"}, 0.30, 0.03, 0.79, 0.73),
        ({"loss": "bpr"}, 0.45, 0.07, 0.91, 0.87),
        ({"loss": "warp"}, 0.45, 0.07, 0.94, 0.90),
        ({"loss": "warp", "schedule": "adadelta"}, 0.45, 0.07, 0.94, 0.90),
        ({"loss": "warp-kos"}, 0.44, 0.06, 0.90, 0.87),
    ],
)
def test_lightfm__each_loss__passes_the_published_thresholds(
    chosen: dict[str, Any], train_p: float, test_p: float, train_auc: float, test_auc: float
) -> None:
    train, test = _split()
    learned = train.where(train.weight > 0) if chosen["loss"] == "warp-kos" else train

    scores = _scores(learned, chosen)

    assert _precision(scores, _liked(train)) > train_p
    assert _precision(scores, _liked(test)) > test_p
    assert _auc(scores, _liked(train)) > train_auc
    assert _auc(scores, _liked(test)) > test_auc


def test_lightfm__logistic__tells_liked_from_disliked() -> None:
    trained, held_out = _areas_of_ratings(_split()[0], {})

    assert trained > 0.84
    assert held_out > 0.76


def test_lightfm__genres_alone__tell_liked_from_disliked() -> None:
    trained, held_out = _areas_of_ratings(replace(_split()[0], features=_genres()), {})

    assert trained > 0.75
    assert held_out > 0.69


def test_lightfm__many_components_and_epochs__learn_by_heart() -> None:
    trained, held_out = _areas_of_ratings(_split()[0], {"components": 50, "epochs": 30})

    assert trained > 0.99
    assert held_out < 0.75
