"""What every registered recommender keeps, those of plug-ins included."""

from pathlib import Path

import numpy as np
import pytest

from recommenders.artifacts import score_unit
from recommenders.base import Capability, Queries
from recommenders.errors import SettingsError
from recommenders.ranking import top_k
from recommenders.registry import available, make, recommender_class
from tests.recommenders.data import (
    checkerboard,
    fitted,
    pairs_of,
    reloaded,
    scores_of,
    training_data,
)

pytestmark = pytest.mark.parametrize("name", available())


def _can(name: str, capability: Capability) -> bool:
    return capability in recommender_class(name).can


def test_score__checkerboard__has_the_stated_shape_and_type(name: str) -> None:
    recommender = fitted(name, checkerboard())

    scores = recommender.score(Queries(np.array([3, -1, 0, 3])))

    assert scores.shape == (4, 50)
    assert scores.dtype == np.float32
    assert not np.isinf(scores).any()
    np.testing.assert_array_equal(scores[0], scores[3])


def test_score__checkerboard__ranks_the_held_out_diagonal_first(name: str) -> None:
    data = checkerboard()
    scores = scores_of(fitted(name, data), *range(50))

    first = [
        top_k(scores[unit], 1, excluded=data.matrix[[unit]].indices.astype(np.int64)).tolist()
        for unit in range(50)
    ]

    right = np.mean([best == [unit] for unit, best in enumerate(first)])
    if _can(name, Capability.PERSONAL):
        assert right == 1
    else:
        np.testing.assert_array_equal(scores, np.broadcast_to(scores[0], scores.shape))


def test_fit__same_seed__gives_the_same_scores(name: str) -> None:
    data = checkerboard()

    first, second = (scores_of(fitted(name, data, seed=5), *range(50)) for _ in range(2))

    np.testing.assert_array_equal(first, second)


def test_fit__any_data__leaves_data_and_global_random_state_alone(name: str) -> None:
    data, untouched = checkerboard(), checkerboard()
    np.random.seed(1)
    expected = np.random.RandomState(1).random_sample()

    fitted(name, data)

    assert np.random.random_sample() == expected
    for part in ("unit", "item", "weight", "age_days"):
        np.testing.assert_array_equal(getattr(data, part), getattr(untouched, part))
    np.testing.assert_array_equal(data.matrix.toarray(), untouched.matrix.toarray())


@pytest.mark.parametrize("unit", [-1, 50, 10_000])
def test_score__unknown_unit__is_answered_only_by_declared_capability(name: str, unit: int) -> None:
    scores = scores_of(fitted(name, checkerboard()), unit)

    answered = np.isfinite(scores)
    assert answered.all() if _can(name, Capability.COLD_UNITS) else not answered.any()


def test_score__unit_without_history__is_answered_only_by_declared_capability(name: str) -> None:
    data = training_data(pairs_of((0, 0), (0, 1), (1, 1)), n_units=3, n_items=3)

    scores = scores_of(fitted(name, data), 2)

    answered = np.isfinite(scores)
    assert answered.all() if _can(name, Capability.COLD_UNITS) else not answered.any()


def test_score__item_without_interactions__leaves_the_others_their_scores(name: str) -> None:
    data = training_data(pairs_of((0, 0), (0, 1), (1, 0), (1, 1)), n_units=2, n_items=3)

    scores = scores_of(fitted(name, data), 0)

    assert np.isfinite(scores[0, :2]).all()
    if _can(name, Capability.COLD_ITEMS):
        assert np.isfinite(scores[0, 2])


def test_score__no_queries__is_empty(name: str) -> None:
    assert scores_of(fitted(name, checkerboard())).shape == (0, 50)


def test_fit__no_interactions__still_scores_every_item(name: str) -> None:
    data = training_data(pairs_of(), n_units=0, n_items=4)

    scores = scores_of(fitted(name, data), -1)

    assert scores.shape == (1, 4)
    answered = np.isfinite(scores)
    assert answered.all() if _can(name, Capability.COLD_UNITS) else not answered.any()


def test_fit__single_item__scores_it(name: str) -> None:
    data = training_data(pairs_of((0, 0), (1, 0)), n_units=2, n_items=1)

    scores = scores_of(fitted(name, data), 0, 1)

    assert scores.shape == (2, 1)
    assert np.isfinite(scores).all()


def test_state__saved_and_loaded__gives_the_same_scores(name: str, tmp_path: Path) -> None:
    data = checkerboard()
    recommender = fitted(name, data)
    expected = scores_of(recommender, *range(50))

    artifact = reloaded(tmp_path / "a", name, data, recommender)

    np.testing.assert_array_equal(scores_of(artifact.recommender, *range(50)), expected)
    one_by_one = [score_unit(artifact, f"unit-{unit:02d}") for unit in range(50)]
    # One row is multiplied by another routine than fifty, in another order of sums.
    np.testing.assert_allclose(one_by_one, expected, rtol=1e-5, atol=1e-6)


def test_state__no_interactions__survives_saving(name: str, tmp_path: Path) -> None:
    data = training_data(pairs_of(), n_units=0, n_items=4)
    recommender = fitted(name, data)

    artifact = reloaded(tmp_path / "a", name, data, recommender)

    np.testing.assert_array_equal(scores_of(artifact.recommender, -1), scores_of(recommender, -1))


def test_settings__unknown_name__is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(SettingsError, match="unknown setting 'nonsense'") as caught:
        make(name, {"nonsense": 1})

    assert caught.value.field == "settings.nonsense"
    assert all(known in (caught.value.hint or "") for known in recommender_class(name).defaults)


def test_settings__wrong_type__is_refused_by_name(name: str) -> None:
    for setting in recommender_class(name).defaults:
        with pytest.raises(SettingsError, match=setting) as caught:
            make(name, {setting: [1, 2]})
        assert caught.value.field == f"settings.{setting}"
