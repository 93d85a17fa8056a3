"""LightFM: what we serve is what the engine would have said."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix, hstack
from scipy.stats import rankdata

from recommenders.algorithms.lightfm import LightFM
from recommenders.base import TrainingData
from recommenders.errors import TrainingError
from recommenders.registry import missing
from tests.recommenders.data import checkerboard, fitted, pairs_of, scores_of, training_data

pytestmark = pytest.mark.skipif(missing("lightfm") is not None, reason="LightFM is not installed")


def test_lightfm__exported_factors__rank_as_the_engine_predicts() -> None:
    from lightfm import LightFM as Engine

    data = checkerboard(20)
    engine = Engine(loss="warp", no_components=8, random_state=np.random.RandomState(3))
    engine.fit(data.matrix, item_features=data.features, epochs=5, num_threads=1)
    ours = LightFM(LightFM.defaults)

    ours._keep(engine, data, seed=3)

    items = np.arange(20, dtype=np.int32)
    for unit in range(20):
        theirs = engine.predict(unit, items, item_features=data.features)
        difference = theirs - scores_of(ours, unit)[0]
        # All differ by the unit's own bias, and by nothing else.
        np.testing.assert_allclose(difference, difference.mean(), atol=1e-5)


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
