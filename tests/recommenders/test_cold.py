"""New items take the scores of what resembles them."""

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix

from recommenders.base import TrainingData
from recommenders.cold import ColdItems, cold_items, with_cold_items
from tests.recommenders.data import pairs_of, training_data

# 0 to 2 are known; 3 is like 0 and somewhat like 1, 4 like the new 3 alone, 5 like nothing.
CONTENT = [[1, 0, 0], [0.6, 0.8, 0], [0, 1, 0], [0.8, 0, 0.6], [0, 0, 1], [0, 0, 0]]


def _data() -> TrainingData:
    data = training_data(pairs_of((0, 0), (0, 1), (1, 2)), n_units=2, n_items=6)
    return replace(data, content=csr_matrix(np.array(CONTENT, np.float32)))


def test_cold_items__new_ones__have_known_neighbours_by_likeness() -> None:
    cold = cold_items(_data())

    assert cold.items.tolist() == [3, 4, 5]
    np.testing.assert_allclose(
        cold.near.toarray(), [[0.8, 0.48, 0, 0, 0, 0], [0.0] * 6, [0.0] * 6], rtol=1e-6
    )


def test_cold_items__fewer_neighbours_wanted__are_the_nearest() -> None:
    assert cold_items(_data(), neighbours=1).near.indices.tolist() == [0]


def test_cold_items__none_or_no_texts__are_nothing() -> None:
    everything = training_data(pairs_of((0, 0)), n_units=1, n_items=1)

    assert cold_items(everything).near.shape == (0, 1)
    assert cold_items(training_data(pairs_of(), n_units=0, n_items=3)).near.nnz == 0


def test_scores__new_item__is_the_weighed_mean_of_its_neighbours() -> None:
    scores = np.array([[2, 1, 5, np.nan, np.nan, 7]], np.float32)

    filled = with_cold_items(scores, cold_items(_data()))

    expected = (0.8 * 2 + 0.48 * 1) / 1.28
    np.testing.assert_allclose(filled, [[2, 1, 5, expected, np.nan, 7]], rtol=1e-6)
    assert np.isnan(scores[0, 3])


def test_scores__neighbour_without_a_score__is_left_out_of_the_mean() -> None:
    scores = np.array([[np.nan, 1, 5, 0, 0, 0], [np.nan] * 6], np.float32)

    filled = with_cold_items(scores, cold_items(_data()))

    assert filled[0, 3] == 1
    assert np.isnan(filled[1]).all()


def test_cold_items__stored__are_the_same_again() -> None:
    cold = cold_items(_data())

    restored = ColdItems.from_state(cold.state(), n_items=6)

    assert restored.items.tolist() == cold.items.tolist()
    np.testing.assert_array_equal(restored.near.toarray(), cold.near.toarray())
