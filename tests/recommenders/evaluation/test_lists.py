"""Lists of many units at once are those of each alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

from recommenders.evaluation.lists import hits_of_lists, lists_of_scores
from recommenders.evaluation.metrics import precision
from recommenders.ranking import top_k

# Few different values, so that ties are common.
ANY_SCORE = st.sampled_from([-np.inf, -2.5, -1e-30, -0.0, 0.0, 1e-30, 3.0, np.inf, np.nan])
SCORES = arrays(np.float32, st.tuples(st.integers(0, 4), st.integers(1, 9)), elements=ANY_SCORE)


@given(SCORES, st.integers(1, 12))
def test_lists__any_scores__are_what_serving_ranks(scores: np.ndarray, k: int) -> None:
    found = lists_of_scores(scores, k)

    for row, values in enumerate(scores):
        due = top_k(values, k)
        assert found[row].tolist() == [*due.tolist(), *[-1] * (k - len(due))]


def test_lists__all_scores_alike__take_the_lower_indexes() -> None:
    # LightFM counts ties against the recommender and would say 0; ours depends on the order.
    wanted = csr_matrix(np.array([[1, 0, 0, 0], [0, 0, 0, 1]], np.float32))
    lists = lists_of_scores(np.ones((2, 4), np.float32), 2)

    assert lists.tolist() == [[0, 1], [0, 1]]
    assert precision(hits_of_lists(lists, wanted)) == 1 / 4


def test_hits__list_that_ends_early__does_not_hit_the_item_before_it() -> None:
    # An empty place is -1, which counted as an index would be the last item of the unit before.
    wanted = csr_matrix(np.array([[0, 0, 1], [1, 0, 0]], np.float32))

    assert not hits_of_lists(np.array([[0, -1], [-1, -1]]), wanted).any()
