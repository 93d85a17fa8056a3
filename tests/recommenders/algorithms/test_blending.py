"""Scales and weights of a blend."""

import numpy as np
import pytest

from recommenders.algorithms.blending import (
    Parts,
    blended,
    flattest_first,
    reciprocal_ranks,
    simplex,
    standardised,
    weights_by_segment,
)

NAN = np.nan


def _rows(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_standardised__row_with_gaps__has_mean_0_and_deviation_1_of_what_is_there() -> None:
    scaled = standardised(_rows([1, 3, NAN], [NAN, NAN, NAN], [5, 5, 5]))

    np.testing.assert_allclose(scaled, [[-1.0, 1.0, NAN], [NAN] * 3, [0.0] * 3])


def test_reciprocal_ranks__equals_share_the_worse_rank() -> None:
    ranks = reciprocal_ranks(_rows([9, 4, 4, NAN]))

    np.testing.assert_allclose(ranks, [[1, 61 / 63, 61 / 63, NAN]], rtol=1e-6)


def test_reciprocal_ranks__any_units_of_scores__are_the_same() -> None:
    scores = np.random.default_rng(1).normal(size=(3, 20)).astype(np.float32)

    np.testing.assert_array_equal(reciprocal_ranks(scores), reciprocal_ranks(1_000 * scores - 5))


def test_blended__weights_of_each_unit__are_its_own() -> None:
    parts = Parts.of([_rows([1, 0], [1, 0]), _rows([0, 1], [0, 1])], lambda scores: scores)

    found = blended(parts, _rows([1, 0], [0.25, 0.75]))

    np.testing.assert_allclose(found, [[1.0, 0.0], [0.25, 0.75]])


def test_blended__only_weightless_base_knows_the_unit__is_heard() -> None:
    parts = Parts.of([_rows([NAN, NAN]), _rows([3, NAN])], lambda scores: scores)

    found = blended(parts, np.array([1, 0], np.float32))

    assert found[0, 0] > 0
    assert np.isnan(found[0, 1])


@pytest.mark.parametrize(
    ("parts", "grid", "points"), [(1, 10, 1), (2, 10, 11), (3, 10, 66), (4, 5, 56)]
)
def test_simplex__parts__gives_every_step_once(parts: int, grid: int, points: int) -> None:
    vectors = [tuple(round(float(w) * grid) for w in vector) for vector in simplex(parts)]

    assert len(vectors) == len(set(vectors)) == points
    assert all(sum(vector) == grid for vector in vectors)


def test_flattest_first__begins_with_the_most_even_weights() -> None:
    assert sorted(flattest_first(3)[0].tolist()) == pytest.approx([0.3, 0.3, 0.4])


def _gains() -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Return 300 units of no segment that like the first base, and 10 and 500 that do not."""
    segment = np.repeat([-1, 0, 1], [300, 10, 500])
    first = np.where(segment < 0, 1.0, 0.0) + np.where(segment >= 0, 0.0, 1.0)
    return np.stack([first, 1.2 * (segment >= 0)]), [_rows([1, 0])[0], _rows([0, 1])[0]], segment


def test_weights_by_segment__few_units__stay_near_the_whole() -> None:
    gains, candidates, segment = _gains()

    weights = weights_by_segment(gains, candidates, segment, n_segments=3, prior_units=100)

    whole = weights[-1].tolist()
    assert whole == candidates[int(gains.mean(axis=1).argmax())].tolist()
    assert weights[2].tolist() == whole  # nobody of it was seen
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)


def test_weights_by_segment__many_units_that_differ__depart_from_the_whole() -> None:
    segment = np.repeat([0, 1, 1], [10, 100, 400])
    gains = np.stack([np.where(segment == 1, 1.0, 0.0), np.where(segment == 0, 1.0, 0.0)])
    candidates = [_rows([1, 0])[0], _rows([0, 1])[0]]

    weights = weights_by_segment(gains, candidates, segment, n_segments=2, prior_units=30)

    assert weights[-1].tolist() == [1, 0]
    np.testing.assert_allclose(weights[0], [0.75, 0.25])
    np.testing.assert_allclose(weights[1], [1, 0])
