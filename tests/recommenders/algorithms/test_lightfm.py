"""LightFM: what we serve is what the engine would have said."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix, hstack
from scipy.stats import rankdata

from recommenders.algorithms.lightfm import LightFM
from recommenders.base import Queries, Recommender, TrainingData
from recommenders.errors import SettingsError, TrainingError
from recommenders.factors import explained
from recommenders.features.catalogue import one_hot
from recommenders.registry import missing
from tests.recommenders.data import checkerboard, fitted, pairs_of, scores_of, training_data

pytestmark = pytest.mark.skipif(missing("lightfm") is not None, reason="LightFM is not installed")


@pytest.mark.parametrize("unit_features", [False, True])
@pytest.mark.parametrize("loss", ["warp", "bpr", "logistic", "warp-kos"])
def test_lightfm__exported_factors__are_what_the_engine_predicts(
    loss: str, unit_features: bool
) -> None:
    from lightfm import LightFM as Engine

    data = _with_segments(_with_categories(checkerboard(20)))
    ours = LightFM({**LightFM.defaults, "unit_features": unit_features})
    known = ours._units(data) if unit_features else None
    engine = Engine(loss=loss, no_components=8, random_state=np.random.RandomState(3))
    engine.fit(data.matrix, known, data.features, epochs=5, num_threads=1)

    ours._keep(engine, data, seed=3)

    items = np.arange(20, dtype=np.int32)
    biases, _factors = engine.get_user_representations(known)
    for unit in range(20):
        theirs = engine.predict(unit, items, data.features, known)
        # A unit's own bias, which no ranking needs, is all that they differ by.
        np.testing.assert_allclose(scores_of(ours, unit)[0] + biases[unit], theirs, atol=1e-6)


def test_lightfm__engine_fitted_bare__is_not_changed_by_our_wrapper() -> None:
    from lightfm import LightFM as Engine

    data = training_data(
        np.argwhere(checkerboard(20).matrix.toarray() > 0),
        n_units=20,
        n_items=20,
        weight=float(np.expm1(1)),
    )
    seed = int(np.random.default_rng(11).integers(2**31))
    bare = Engine(loss="warp", no_components=8, learning_rate=0.05, random_state=seed)
    ones = (data.matrix > 0).astype(np.float32)
    bare.fit(ones, item_features=data.features, epochs=5, num_threads=1)

    ours = fitted("lightfm", data, settings={"components": 8, "epochs": 5})

    assert isinstance(ours, LightFM)
    np.testing.assert_allclose(ours.item_factors_[:, -1], bare.item_biases, atol=1e-4)
    np.testing.assert_allclose(ours.item_factors_[:, :-1], bare.item_embeddings, atol=1e-4)


def _with_segments(data: TrainingData) -> TrainingData:
    """Return the data with each unit's parity as its segment."""
    parity = np.arange(data.n_units) % 2
    return replace(data, segment=parity, unit_features=one_hot(parity))


def _with_categories(data: TrainingData) -> TrainingData:
    """Return the data with each item's parity as its category."""
    parity = np.eye(2, dtype=np.float32)[np.arange(data.n_items) % 2]
    features = csr_matrix(hstack([data.features, csr_matrix(parity)])) * 0.5
    fields = (data.n_units, data.n_items, data.unit, data.item, data.weight, data.age_days)
    return TrainingData(*fields, features=csr_matrix(features))


def test_lightfm__item_nobody_touched__is_placed_by_its_category() -> None:
    board = checkerboard(40)
    kept = board.where(board.item < 38)
    data = _with_categories(kept)

    scores = scores_of(fitted("lightfm", data, settings={"epochs": 30}), *range(38))

    # Item 38 is even, item 39 odd: even units should prefer the first, odd units the second.
    prefers = scores[:, 38] > scores[:, 39]
    assert np.mean(prefers == (np.arange(38) % 2 == 0)) > 0.9


def test_lightfm__scores_of_one_and_of_many__are_ordered_alike() -> None:
    recommender = fitted("lightfm", checkerboard(20))

    many, one = scores_of(recommender, 4, -1, 5)[0], scores_of(recommender, 4)[0]

    np.testing.assert_array_equal(rankdata(one.round(4)), rankdata(many.round(4)))


def test_lightfm__learning_rate_far_too_high__says_what_to_lower() -> None:
    with pytest.raises(TrainingError, match="could not learn") as caught:
        fitted("lightfm", checkerboard(20), settings={"learning_rate": 1e8, "loss": "bpr"})

    assert "learning_rate" in (caught.value.hint or "")


@pytest.mark.parametrize("loss", ["warp", "bpr", "logistic", "warp-kos"])
def test_lightfm__every_loss__learns(loss: str) -> None:
    pairs = pairs_of((0, 0), (0, 1), (1, 0), (1, 2), (2, 1), (2, 2))
    data = training_data(pairs, n_units=3, n_items=4)

    scores = scores_of(fitted("lightfm", data, settings={"loss": loss}), 0, 1, 2)

    assert np.isfinite(scores).all()


def _drifting(n_units: int = 60, n_items: int = 40) -> TrainingData:
    """Return units that take items of their own parity over a hundred days."""
    rng = np.random.default_rng(3)
    units = np.repeat(np.arange(n_units), 10)
    items = 2 * rng.integers(0, n_items // 2, len(units)) + units % 2
    ages = rng.uniform(0, 100, len(units)).astype(np.float32)
    pairs = np.column_stack([units, items])
    return training_data(pairs, n_units=n_units, n_items=n_items, age_days=ages)


def test_lightfm__patience__ends_before_the_last_epoch() -> None:
    data = _drifting()
    ours = LightFM({**LightFM.defaults, "epochs": 60, "patience": 2})

    found = ours._epochs(data, 1, np.random.default_rng(1))

    assert 1 <= found < 60
    expected = fitted("lightfm", data, settings={"epochs": found})
    stopped = fitted("lightfm", data, settings={"epochs": 60, "patience": 2})
    # The epochs are found on what came last; what is served has learned from all.
    assert scores_of(stopped, 0).shape == scores_of(expected, 0).shape


def test_lightfm__no_patience__runs_all_epochs() -> None:
    ours = LightFM({**LightFM.defaults, "epochs": 7})

    assert ours._epochs(_drifting(), 1, np.random.default_rng(1)) == 7


def test_lightfm__artifact_of_before__whose_items_lie_by_rows__scores_the_same() -> None:
    recommender = fitted("lightfm", checkerboard(20))
    assert isinstance(recommender, LightFM)
    state = recommender.state()
    state["item_factors"] = np.ascontiguousarray(state.pop("item_columns").T)

    restored = LightFM.from_state(state, LightFM.defaults)

    np.testing.assert_allclose(
        scores_of(restored, *range(20)), scores_of(recommender, *range(20)), rtol=1e-4, atol=1e-5
    )


def test_lightfm__stranger_after_a_few_acts__prefers_what_is_like_them() -> None:
    recommender = fitted("lightfm", checkerboard(40), settings={"epochs": 20})
    acts = np.zeros((2, 40), np.float32)
    acts[0, [0, 2, 4]], acts[1, [1, 3, 5]] = 1, 1

    even, odd = recommender.score(Queries(np.array([-1, -1]), recent=csr_matrix(acts)))

    assert even[0::2].mean() > even[1::2].mean()
    assert odd[1::2].mean() > odd[0::2].mean()


def test_lightfm__known_unit_that_turns__follows_its_acts() -> None:
    recommender = fitted("lightfm", checkerboard(40), settings={"epochs": 20})
    acts = np.zeros((1, 40), np.float32)
    acts[0, 1:20:2] = 1

    before = scores_of(recommender, 0)[0]
    after = recommender.score(Queries(np.array([0]), recent=csr_matrix(acts)))[0]

    assert after[1::2].mean() - after[0::2].mean() > before[1::2].mean() - before[0::2].mean()


def test_lightfm__learning_on__keeps_what_was_learned_and_takes_in_what_is_new() -> None:
    data = _drifting()
    first = fitted("lightfm", data.where(data.unit < 55), settings={"epochs": 30})
    resumed = LightFM({**LightFM.defaults, "partial_epochs": 1})

    resumed.fit_partial(
        data,
        previous=first.state(),
        units=np.where(np.arange(60) < 55, np.arange(60), -1),
        items=np.arange(40),
        rng=np.random.default_rng(2),
    )

    def likeness(found: Recommender) -> float:
        """Return how alike known units' scores are to those before, 1 for the same order."""
        before, now = (scores_of(each, *range(55)).ravel() for each in (first, found))
        return float(np.corrcoef(before, now)[0, 1])

    anew = fitted("lightfm", data, settings={"epochs": 1})
    assert likeness(resumed) > 0.9 > likeness(anew)
    assert np.isfinite(scores_of(resumed, *range(55, 60))).all()


def test_lightfm__learning_on_for_no_time__would_change_nothing() -> None:
    data = _with_categories(_drifting())
    first = fitted("lightfm", data)
    assert isinstance(first, LightFM)
    before = explained(
        data.features, first.item_factors_, np.arange(40), np.zeros((42, 32), np.float32)
    )

    np.testing.assert_allclose(data.features @ before, first.item_factors_, atol=1e-5)


def test_lightfm__learning_on_from_other_sizes__begins_anew() -> None:
    data = checkerboard(10)
    other = fitted("lightfm", data, settings={"components": 4}).state()
    rng = np.random.default_rng

    resumed = LightFM(LightFM.defaults).fit_partial(
        data, previous=other, units=np.arange(10), items=np.arange(10), rng=rng(11)
    )

    np.testing.assert_array_equal(scores_of(resumed, 0), scores_of(fitted("lightfm", data), 0))


def test_lightfm__unit_features__bring_units_of_a_segment_together() -> None:
    data = _with_segments(_drifting(40, 30))

    def apart(unit_features: bool) -> float:
        """Return how far the mean scores of the segments lie apart, by the spread within."""
        scores = scores_of(
            fitted("lightfm", data, settings={"unit_features": unit_features, "epochs": 3}),
            *range(40),
        )
        segments = scores[0::2], scores[1::2]
        between = np.abs(segments[0].mean(axis=0) - segments[1].mean(axis=0)).mean()
        return float(between / np.mean([each.std(axis=0).mean() for each in segments]))

    assert apart(True) > apart(False)


def test_lightfm__item_features_off__are_not_learned_from() -> None:
    data = _with_categories(checkerboard(20))
    plain = checkerboard(20)
    off = {"item_features": False}

    with_them, without = fitted("lightfm", data, settings=off), fitted("lightfm", plain)

    np.testing.assert_array_equal(scores_of(with_them, 0, 5), scores_of(without, 0, 5))


@pytest.mark.parametrize("way", ["log", "one", "plain"])
def test_lightfm__weights__tell_strong_acts_from_weak_ones_unless_switched_off(way: str) -> None:
    board = checkerboard(12)
    louder = replace(board, weight=np.where(board.item == 2, 20, 1).astype(np.float32))

    even, heavy = (fitted("lightfm", each, settings={"weights": way}) for each in (board, louder))

    same = np.array_equal(scores_of(even, 0), scores_of(heavy, 0))
    assert same == (way == "one")


def test_lightfm__dislikes__rank_below_what_was_liked() -> None:
    board = checkerboard(20)
    disliked = board.item >= 10
    data = replace(board, weight=np.where(disliked, -1, 1).astype(np.float32))

    scores = scores_of(fitted("lightfm", data, settings={"loss": "logistic"}), 0)[0]

    assert scores[2:10:2].min() > scores[10::2].max()


@pytest.mark.parametrize(
    ("chosen", "field"),
    [({"loss": "hinge"}, "loss"), ({"schedule": "sgd"}, "schedule"), ({"epochs": 0}, "epochs")],
)
def test_lightfm__setting_it_does_not_know__is_refused(
    chosen: dict[str, object], field: str
) -> None:
    with pytest.raises(SettingsError, match=field) as caught:
        fitted("lightfm", checkerboard(4), settings=chosen)

    assert caught.value.field == f"settings.{field}"
