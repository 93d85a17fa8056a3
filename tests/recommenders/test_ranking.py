"""The k best: order, ties, filters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommenders.ranking import top_k

# Few distinct values, so that ties and missing scores are common.
SCORES = st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0, float("nan")]), max_size=40)


@given(SCORES, st.integers(0, 45), st.data())
def test_top_k__any_scores_and_filters__agrees_with_sorting_everything(
    values: list[float], k: int, data: st.DataObject
) -> None:
    indexes = range(len(values))
    allowed = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    excluded = data.draw(st.lists(st.sampled_from(indexes))) if values else []

    best = top_k(
        np.array(values, np.float32),
        k,
        allowed=np.array(allowed, np.bool_),
        excluded=np.array(excluded, np.int64),
    )

    usable = [
        i for i in indexes if values[i] == values[i] and allowed[i] and i not in set(excluded)
    ]
    assert best.tolist() == sorted(usable, key=lambda i: (-values[i], i))[:k]


def test_top_k__filters_take_the_best__refills_from_below() -> None:
    scores = np.array([5, 4, 3, 2, 1], np.float32)
    allowed = np.array([True, False, True, True, True])

    best = top_k(scores, 3, allowed=allowed, excluded=np.array([0]))

    assert best.tolist() == [2, 3, 4]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_top_k__score_not_finite__never_ranks(bad: float) -> None:
    assert top_k(np.array([1, bad, 2], np.float32), 3).tolist() == [2, 0]


def test_top_k__all_tied__goes_by_item_index() -> None:
    # Long enough for a sort that keeps no order to show it.
    assert top_k(np.zeros(1_000, np.float32), 500).tolist() == list(range(500))


def test_top_k__filters_given__are_not_changed() -> None:
    scores, allowed = np.arange(4, dtype=np.float32), np.ones(4, np.bool_)

    top_k(scores, 2, allowed=allowed, excluded=np.array([3]))

    assert allowed.all()
    assert scores.tolist() == [0, 1, 2, 3]
