"""The hybrid: learned weights, and what happens where a base knows nothing."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommenders.algorithms import bases
from recommenders.algorithms.hybrid import Hybrid
from recommenders.base import Queries, TrainingData
from recommenders.errors import SettingsError
from recommenders.registry import NEEDS, missing
from tests.recommenders.data import checkerboard, fitted, pairs_of, scores_of, training_data


def _two_tastes(n_units: int = 60, n_items: int = 40) -> TrainingData:
    """Return units that take items of their own parity, some far more than others, in any order."""
    rng = np.random.default_rng(8)
    units = np.repeat(np.arange(n_units), 12)
    place = np.minimum(rng.geometric(0.25, len(units)) - 1, n_items // 2 - 1)
    ages = rng.uniform(0, 100, len(units)).astype(np.float32)
    pairs = np.column_stack([units, 2 * place + units % 2])
    return training_data(pairs, n_units=n_units, n_items=n_items, age_days=ages)


def _new_arrivals(n_units: int = 60, n_items: int = 40) -> TrainingData:
    """Return units with tastes of their own until, lately, the same five items drew everybody."""
    rng = np.random.default_rng(9)
    units = np.repeat(np.arange(n_units), 12)
    ages = np.tile(np.linspace(1, 100, 12), n_units).astype(np.float32)
    own = 5 + (units * 7 + rng.integers(0, 4, len(units))) % (n_items - 5)
    items = np.where(ages < 30, rng.integers(0, 5, len(units)), own)
    pairs = np.column_stack([units, items])
    return training_data(pairs, n_units=n_units, n_items=n_items, age_days=ages)


def _two_segments() -> TrainingData:
    """Return units with lasting tastes, segment 0, and as many whom fashion draws, segment 1."""
    tastes, arrivals = _two_tastes(), _new_arrivals()
    pairs = np.concatenate(
        [
            np.column_stack([tastes.unit, 5 + tastes.item]),
            np.column_stack([60 + arrivals.unit, arrivals.item]),
        ]
    )
    ages = np.concatenate([tastes.age_days, arrivals.age_days])
    data = training_data(pairs, n_units=120, n_items=45, age_days=ages)
    return replace(data, segment=np.repeat([0, 1], 60))


def _weights(data: TrainingData, bases: str) -> dict[str, float]:
    hybrid = fitted("hybrid", data, settings={"bases": bases})
    assert isinstance(hybrid, Hybrid)
    return dict(zip(hybrid.bases_.names, hybrid.weights_[-1].tolist(), strict=True))


def test_hybrid__tastes_differ__leans_on_the_personal_base() -> None:
    weights = _weights(_two_tastes(), "popularity,item_knn")

    assert weights["item_knn"] > weights["popularity"]
    assert sum(weights.values()) == pytest.approx(1)


def test_hybrid__everybody_wants_what_is_new__leans_on_popularity() -> None:
    weights = _weights(_new_arrivals(), "popularity,item_knn")

    assert weights["popularity"] > weights["item_knn"]


def test_hybrid__one_base_is_noise__gets_little_weight() -> None:
    weights = _weights(_two_tastes(), "random,item_knn")

    assert weights["random"] <= 0.3


def test_hybrid__too_little_to_tell__weighs_bases_alike() -> None:
    assert _weights(checkerboard(8), "popularity,item_knn") == {"popularity": 0.5, "item_knn": 0.5}


def test_hybrid__no_times_at_all__learns_from_what_is_held_out_at_random() -> None:
    weights = _weights(checkerboard(20), "random,item_knn")

    assert weights["item_knn"] > weights["random"]


def test_hybrid__only_new_units_later__weighs_bases_alike() -> None:
    ages = np.repeat(np.array([1, 0], np.float32), 40)
    pairs = np.column_stack([np.arange(80), np.arange(80) % 10])
    data = training_data(pairs, n_units=80, n_items=10, age_days=ages)

    weights = _weights(data, "popularity,random,item_knn")

    assert list(weights.values()) == pytest.approx([1 / 3] * 3)


def test_hybrid__base_named_twice__counts_once() -> None:
    assert list(_weights(checkerboard(20), "popularity, popularity ,item_knn")) == [
        "popularity",
        "item_knn",
    ]


def test_hybrid__unit_that_no_weighted_base_knows__gets_what_the_others_say() -> None:
    hybrid = fitted("hybrid", _two_tastes(), settings={"bases": "popularity,item_knn"})
    assert isinstance(hybrid, Hybrid)
    hybrid.weights_ = np.array([[0, 1]], np.float32)

    stranger = scores_of(hybrid, -1)[0]

    popularity = scores_of(fitted("popularity", _two_tastes()), -1)[0]
    assert np.argsort(-stranger, kind="stable").tolist() == (
        np.argsort(-popularity, kind="stable").tolist()
    )
    assert stranger.std() > 0


def test_hybrid__bases_in_other_units__are_brought_to_one_scale() -> None:
    data = _two_tastes()
    louder = training_data(
        np.column_stack([data.unit, data.item]),
        n_units=data.n_units,
        n_items=data.n_items,
        weight=1_000,
        age_days=data.age_days,
    )

    quiet, loud = (
        scores_of(fitted("hybrid", each, settings={"bases": "popularity"}), 0)
        for each in (data, louder)
    )

    np.testing.assert_allclose(quiet, loud, rtol=1e-4, atol=1e-5)
    assert quiet.mean() == pytest.approx(0, abs=1e-5)
    assert quiet.std() == pytest.approx(1, abs=1e-5)


def test_hybrid__many_units__is_scored_in_blocks_without_a_seam() -> None:
    recommender = fitted("hybrid", _two_tastes())
    whole = scores_of(recommender, *range(-1, 60))
    before, bases.BLOCK_CELLS = bases.BLOCK_CELLS, 7 * 40

    try:
        pieces = scores_of(recommender, *range(-1, 60))
    finally:
        bases.BLOCK_CELLS = before

    np.testing.assert_allclose(pieces, whole, rtol=1e-4, atol=1e-5)


def test_hybrid__by_default__blends_what_is_always_installed() -> None:
    hybrid = fitted("hybrid", _two_tastes())

    assert isinstance(hybrid, Hybrid)
    assert hybrid.bases_.names == ["popularity", "ease", "item_knn"]
    assert not set(hybrid.bases_.names) & set(NEEDS)


@pytest.mark.skipif(missing("lightfm") is not None, reason="LightFM is not installed")
def test_hybrid__bases_that_need_packages__blends_them_where_they_are() -> None:
    hybrid = fitted("hybrid", _two_tastes(), settings={"bases": "popularity,lightfm"})

    assert isinstance(hybrid, Hybrid)
    assert hybrid.bases_.names == ["popularity", "lightfm"]


def test_hybrid__no_base_can_run__says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightfm", None)

    with pytest.raises(SettingsError, match="no base of lightfm can run here"):
        fitted(
            "hybrid",
            training_data(pairs_of((0, 0)), n_units=1, n_items=1),
            settings={"bases": "lightfm"},
        )


def test_hybrid__segments_differ__each_leans_on_what_ranks_best_for_it() -> None:
    settings = {"bases": "popularity,item_knn"}
    hybrid = fitted("hybrid", _two_segments(), settings=settings)
    assert isinstance(hybrid, Hybrid)

    lasting, fashion, whole = hybrid.weights_

    assert lasting[1] > whole[1] > fashion[1]
    units = np.array([0, 0, 0])
    by_segment = hybrid.score(Queries(units, segments=np.array([0, 1, -1])))
    assert not np.allclose(by_segment[0], by_segment[1])
    np.testing.assert_allclose(by_segment[2], scores_of(hybrid, 0)[0], rtol=1e-5, atol=1e-6)


def test_hybrid__segment_that_nobody_was_of__gets_the_weights_of_all() -> None:
    hybrid = fitted("hybrid", _two_segments(), settings={"bases": "popularity,item_knn"})

    unknown = hybrid.score(Queries(np.array([0]), segments=np.array([17])))

    np.testing.assert_allclose(unknown, scores_of(hybrid, 0), rtol=1e-5, atol=1e-6)


def test_hybrid__by_ranks__gives_the_order_of_a_single_base() -> None:
    settings = {"bases": "popularity", "normalise": "rank"}

    scores = scores_of(fitted("hybrid", _two_tastes(), settings=settings), 0)[0]

    base = scores_of(fitted("popularity", _two_tastes()), 0)[0]
    assert np.argsort(-scores, kind="stable").tolist() == np.argsort(-base, kind="stable").tolist()
    assert scores.max() == 1


def test_hybrid__scale_that_is_unknown__is_refused() -> None:
    with pytest.raises(SettingsError, match="normalise must be score or rank") as caught:
        fitted("hybrid", checkerboard(4), settings={"normalise": "log"})

    assert caught.value.field == "settings.normalise"


def test_hybrid__stranger_with_acts_since__is_heard_by_the_bases_that_take_them() -> None:
    hybrid = fitted("hybrid", _two_tastes(), settings={"bases": "popularity,item_knn"})
    acts = np.zeros((2, 40), np.float32)
    acts[0, [0, 2, 4]], acts[1, [1, 3, 5]] = 1, 1

    even, odd = hybrid.score(Queries(np.array([-1, -1]), recent=csr_matrix(acts)))

    assert (even - odd)[0::2].mean() > (even - odd)[1::2].mean()
