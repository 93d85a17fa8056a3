"""ALS: what is served is what implicit would say, without implicit."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommenders.algorithms.als import ALS
from recommenders.base import Queries, Resumable, TrainingData
from recommenders.registry import missing
from recommenders.weights import weighed
from tests.recommenders.data import checkerboard, fitted, scores_of, training_data

pytestmark = pytest.mark.skipif(missing("als") is not None, reason="implicit is not installed")

SETTINGS = {"factors": 8, "alpha": 3.0, "regularization": 0.5}


def _random_data() -> TrainingData:
    rng = np.random.default_rng(4)
    pairs = np.unique(rng.integers(0, (60, 30), (600, 2)), axis=0)
    return training_data(pairs, n_units=60, n_items=30)


def _engine(data: TrainingData, seed: int):  # type: ignore[no-untyped-def]
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        engine = AlternatingLeastSquares(random_state=seed, num_threads=1, **SETTINGS)
        engine.fit(weighed(data.matrix, "log"), show_progress=False)
    return engine


def test_als__fitted__scores_as_the_bare_engine() -> None:
    data = _random_data()
    engine = _engine(data, int(np.random.default_rng(11).integers(2**31)))

    scores = scores_of(fitted("als", data, settings=SETTINGS), *range(60))

    np.testing.assert_allclose(scores, engine.user_factors @ engine.item_factors.T, atol=1e-4)


def test_als__recent_acts__solve_the_factors_that_the_engine_would() -> None:
    data = _random_data()
    engine = _engine(data, int(np.random.default_rng(11).integers(2**31)))
    recent = csr_matrix(np.eye(3, 30, dtype=np.float32) * 2)
    units = np.array([7, -1, 9])
    joined = csr_matrix(
        np.vstack([data.matrix[[7]].toarray(), np.zeros((1, 30)), data.matrix[[9]].toarray()])
    )
    factors = engine.recalculate_user(np.arange(3), weighed(csr_matrix(joined + recent), "log"))

    scores = fitted("als", data, settings=SETTINGS).score(Queries(units, recent=recent))

    np.testing.assert_allclose(scores, factors @ engine.item_factors.T, atol=1e-3)


def test_als__learning_on__begins_where_the_earlier_fit_ended() -> None:
    data = _random_data()
    earlier = fitted("als", data, settings=SETTINGS)
    resumed = ALS({**ALS.defaults, **SETTINGS, "partial_iterations": 1})
    assert isinstance(resumed, Resumable)

    resumed.fit_partial(
        data,
        previous=earlier.state(),
        units=np.arange(60),
        items=np.arange(30),
        rng=np.random.default_rng(99),
    )

    fresh = fitted("als", data, settings={**SETTINGS, "iterations": 1}, seed=99)
    expected = scores_of(earlier, *range(60))
    assert abs(scores_of(resumed, *range(60)) - expected).mean() < 0.02
    assert abs(scores_of(fresh, *range(60)) - expected).mean() > 0.1


def test_als__other_number_of_factors__learns_on_from_the_beginning() -> None:
    data = checkerboard(20)
    earlier = fitted("als", data, settings={"factors": 4})
    resumed = ALS({**ALS.defaults, "factors": 8, "partial_iterations": 15})

    resumed.fit_partial(
        data,
        previous=earlier.state(),
        units=np.arange(20),
        items=np.arange(20),
        rng=np.random.default_rng(1),
    )

    assert resumed.item_factors_.shape == (20, 8)
    assert np.isfinite(scores_of(resumed, 0)).all()
