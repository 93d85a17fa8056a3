"""Figures of accuracy: by hand, and what holds of any lists."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

from recommenders.evaluation import accuracy
from recommenders.evaluation.accuracy import Counts, Values
from recommenders.evaluation.lists import Hits, hits_of_lists, lists_of_scores, relevant_of

WITH_RELEVANT = {
    "recall": accuracy.unit_recall,
    "ndcg": accuracy.unit_ndcg,
    "map_relevant": accuracy.unit_map_relevant,
    "map_min": accuracy.unit_map_min,
}
ALL = {
    **WITH_RELEVANT,
    "precision": lambda hits, _: accuracy.unit_precision(hits),
    "mrr": lambda hits, _: accuracy.unit_reciprocal_rank(hits),
    "hit_rate": lambda hits, _: accuracy.unit_hit_rate(hits),
}
SOME_HITS = arrays(np.bool_, st.tuples(st.integers(1, 6), st.integers(1, 8)))


def _relevant(hits: Hits, more: int) -> Counts:
    """Return how many items each unit wanted: those it hit, and some more."""
    return np.maximum(hits.sum(axis=1) + more, 1)


def _of(name: str, hits: Hits, relevant: Counts) -> Values:
    return ALL[name](hits, relevant)


def test_average_precision__hits_at_one_and_three_of_five_wanted__is_worked_out() -> None:
    hits, five = np.array([[True, False, True, False]]), np.array([5])
    summed = 1 + Fraction(2, 3)

    assert accuracy.unit_map_relevant(hits, five)[0] == pytest.approx(float(summed / 5))
    assert accuracy.unit_map_min(hits, five)[0] == pytest.approx(float(summed / 4))


def test_ndcg__one_hit_at_three_of_two_wanted__is_worked_out() -> None:
    found = accuracy.unit_ndcg(np.array([[False, False, True]]), np.array([2]))

    assert found[0] == pytest.approx((1 / math.log2(4)) / (1 + 1 / math.log2(3)))


@pytest.mark.parametrize("name", ALL)
@given(hits=SOME_HITS, more=st.integers(0, 9))
def test_figure__any_hits__lies_between_nothing_and_one(name: str, hits: Hits, more: int) -> None:
    found = _of(name, hits, _relevant(hits, more))

    assert found.shape == (len(hits),)
    assert (found >= 0).all()
    assert (found <= 1 + 1e-12).all()


@pytest.mark.parametrize("name", ALL)
@given(hits=SOME_HITS, more=st.integers(0, 9), data=st.data())
def test_figure__units_in_another_order__goes_with_its_unit(
    name: str, hits: Hits, more: int, data: st.DataObject
) -> None:
    order = np.array(data.draw(st.permutations(range(len(hits)))))
    relevant = _relevant(hits, more)

    assert _of(name, hits[order], relevant[order]) == pytest.approx(
        _of(name, hits, relevant)[order]
    )


@pytest.mark.parametrize("name", set(ALL) - {"precision"})
@given(n_wanted=st.integers(1, 8))
def test_figure__all_wanted_first__is_one(name: str, n_wanted: int) -> None:
    wanted = csr_matrix(np.arange(10)[None, :] < n_wanted, dtype=np.float32)
    hits = hits_of_lists(lists_of_scores(wanted.toarray(), 8), wanted)

    assert _of(name, hits, relevant_of(wanted))[0] == pytest.approx(1)


@pytest.mark.parametrize("name", ["ndcg", "map_relevant", "map_min", "mrr"])
@given(hits=SOME_HITS, more=st.integers(0, 9))
def test_figure__hit_moved_up__never_falls(name: str, hits: Hits, more: int) -> None:
    sorted_up = -np.sort(-hits.astype(np.int8), axis=1) > 0
    relevant = _relevant(hits, more)

    gained = _of(name, sorted_up, relevant) - _of(name, hits, relevant)
    assert (gained >= -1e-12).all()


@pytest.mark.parametrize("name", ALL)
def test_figure__no_places_at_all__is_nothing(name: str) -> None:
    assert _of(name, np.zeros((2, 0), np.bool_), np.array([1, 2])).tolist() == [0, 0]


@given(hits=SOME_HITS, more=st.integers(0, 9))
def test_map__by_wanted__is_never_above_that_by_reachable(hits: Hits, more: int) -> None:
    relevant = _relevant(hits, more)

    below = accuracy.unit_map_min(hits, relevant) - accuracy.unit_map_relevant(hits, relevant)
    assert (below >= -1e-12).all()
