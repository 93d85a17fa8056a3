"""Two stages: what the trees learn, and what happens where they say nothing."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommenders.algorithms.stacking import Stacking
from recommenders.artifacts import load_artifact
from recommenders.base import Queries, TrainingData
from recommenders.errors import ArtifactDamaged, RecommenderError
from recommenders.ranking import top_k
from recommenders.registry import make, missing
from tests.recommenders.data import checkerboard, fitted, saved, scores_of, training_data

pytestmark = pytest.mark.skipif(missing("stacking") is not None, reason="LightGBM is not installed")

SMALL = {"bases": "popularity,item_knn", "trees": 30, "leaf_rows": 5, "candidates": 20}


def _tastes_and_fashion(n_units: int = 80, n_items: int = 60) -> TrainingData:
    """Return units that take items of their own parity, of these the newest tenth most of all.

    No base sees an item's age, so that only features can tell.
    """
    rng = np.random.default_rng(5)
    units = np.repeat(np.arange(n_units), 14)
    ages = rng.uniform(0, 100, len(units)).astype(np.float32)
    newest = n_items - 1 - ages // 2
    choice = newest - rng.integers(0, 12, len(units))
    items = np.clip(2 * (choice // 2) + units % 2, 0, n_items - 1).astype(np.int64)
    pairs = np.column_stack([units, items])
    return training_data(pairs, n_units=n_units, n_items=n_items, age_days=ages)


def _stacked(data: TrainingData, **settings: object) -> Stacking:
    found = fitted("stacking", data, settings=SMALL | settings)
    assert isinstance(found, Stacking)
    return found


def test_stacking__enough_history__grows_trees_and_ranks_by_them() -> None:
    data = _tastes_and_fashion()
    stacking = _stacked(data)

    scores = scores_of(stacking, *range(80))

    assert "tree" in stacking.trees_
    assert (np.nanmax(scores, axis=1) > 1).all()
    own = [top_k(scores[unit], 5) % 2 == unit % 2 for unit in range(80)]
    assert np.mean(own) > 0.9


def test_stacking__same_seed__has_the_same_bytes() -> None:
    data = _tastes_and_fashion()

    first, second = _stacked(data).state(), _stacked(data).state()

    assert first.keys() == second.keys()
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)


def test_stacking__too_little_history__keeps_the_order_of_the_bases() -> None:
    data = checkerboard(6)
    stacking = _stacked(data, bases="item_knn")

    scores, base = scores_of(stacking, 0)[0], scores_of(fitted("item_knn", data), 0)[0]

    assert stacking.trees_ == ""
    np.testing.assert_array_equal(np.isnan(scores), np.isnan(base))
    order = np.argsort(-base[np.isfinite(base)], kind="stable")
    assert np.argsort(-scores[np.isfinite(scores)], kind="stable").tolist() == order.tolist()


def test_stacking__beyond_the_candidates__comes_what_the_bases_say() -> None:
    stacking = _stacked(_tastes_and_fashion(), candidates=3)

    scores = scores_of(stacking, 1)[0]

    ranked_again = scores[scores >= 1]
    assert 3 <= len(ranked_again) < 60
    assert np.isfinite(scores).all()
    assert (scores[scores < 1] > 0).all()


def test_stacking__stranger_with_acts_since__is_ranked_by_them() -> None:
    stacking = _stacked(_tastes_and_fashion())
    acts = np.zeros((2, 60), np.float32)
    acts[0, [50, 52, 54]], acts[1, [51, 53, 55]] = 1, 1
    strangers = np.array([-1, -1])

    even, odd = np.array(stacking.score(Queries(strangers, recent=csr_matrix(acts))))
    alike = np.array(stacking.score(Queries(strangers)))

    assert np.mean(top_k(even, 8) % 2 == 0) > np.mean(top_k(odd, 8) % 2 == 0)
    np.testing.assert_array_equal(alike[0], alike[1])


def test_stacking__one_query_and_many__score_alike() -> None:
    stacking = _stacked(_tastes_and_fashion())

    many = scores_of(stacking, *range(-1, 80))
    one_by_one = np.concatenate([scores_of(stacking, unit) for unit in range(-1, 80)])

    np.testing.assert_allclose(one_by_one, many, rtol=1e-5, atol=1e-6)


def test_stacking__engine_gone__says_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = _tastes_and_fashion()
    sha256 = saved(tmp_path / "a", "stacking", data, settings=SMALL)
    monkeypatch.setitem(sys.modules, "lightgbm", None)

    with pytest.raises(RecommenderError, match=r"LightGBM is not installed .*armature\[stacking\]"):
        make("stacking", {})
    with pytest.raises(ArtifactDamaged, match="LightGBM is not installed"):
        load_artifact(tmp_path / "a", sha256=sha256)
