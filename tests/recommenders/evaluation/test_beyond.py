"""What lists are beside right: RecTools' own examples, and what holds of any lists."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_matrix

from recommenders.evaluation import beyond
from recommenders.evaluation.lists import hits_of_lists
from recommenders.evaluation.spread import coverage, gini
from tests.recommenders.data import pairs_of, training_data

N_ITEMS = 6
SOME_LISTS = st.lists(
    st.permutations(range(N_ITEMS)).map(lambda items: items[:3]), min_size=1, max_size=5
).map(lambda rows: np.array(rows, np.int64))


def _facts(*pairs: tuple[int, int], n_items: int) -> beyond.ItemFacts:
    n_units = max(unit for unit, _ in pairs) + 1
    return beyond.item_facts(training_data(pairs_of(*pairs), n_units=n_units, n_items=n_items))


def test_novelty__rectools_example__is_its_answer() -> None:
    facts = _facts((0, 0), (0, 1), (1, 0), (2, 0), n_items=3)
    lists = np.array([[2, -1, -1], [1, 2, -1], [0, 1, -1]])

    assert beyond.unit_novelty(lists, facts) == pytest.approx([1.5849625, 1.5849625, 0.79248125])


def test_serendipity__rectools_example__is_its_answer() -> None:
    facts = _facts((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), n_items=4)
    lists = np.array([[0, 1], [1, 2], [2, -1], [1, 2]])
    wanted = csr_matrix(np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 1, 0, 0], [0, 1, 0, 0]]))

    found = beyond.unit_serendipity(lists, hits_of_lists(lists, wanted), facts)

    assert found == pytest.approx([0, 0.5, 0, 0.125])


def test_popularity__rectools_example__is_its_answer_by_unit() -> None:
    facts = _facts((0, 0), (0, 1), (1, 0), (1, 2), (2, 0), (2, 1), n_items=3)
    lists = np.array([[0, 1, -1], [2, 0, 1], [2, 1, -1]])

    assert beyond.unit_popularity(lists, facts) * 3 == pytest.approx([2.5, 2, 1.5])


def test_diversity__vectors_at_angles__is_the_mean_of_each_pair() -> None:
    # Cosines 0.6 between 0 and 1, 0.8 between 1 and 2, 0 between 0 and 2; of 3 nothing is known.
    rows = csr_matrix(np.array([[1, 0], [0.6, 0.8], [0, 1], [0, 0]]))
    facts = beyond.ItemFacts(np.ones(4, np.int64), 1, np.ones(4, np.int64), rows)

    found = beyond.unit_diversity(np.array([[0, 1, 2], [0, 3, -1], [1, -1, -1]]), facts)

    assert found[:2] == pytest.approx([(0.4 + 0.2 + 1) / 3, 1])
    assert np.isnan(found[2])


def test_diversity__nothing_known_of_any_item__is_not_told() -> None:
    facts = _facts((0, 0), n_items=3)

    assert facts.vectors is None
    assert np.isnan(beyond.unit_diversity(np.array([[0, 1, 2]]), facts)).all()


@pytest.mark.parametrize(
    "figure", [beyond.unit_novelty, beyond.unit_popularity, beyond.unit_diversity]
)
def test_figure__list_without_items__has_none(figure: object) -> None:
    assert callable(figure)
    assert np.isnan(figure(np.full((2, 3), -1), _facts((0, 0), n_items=3))).all()


@given(SOME_LISTS, arrays(np.float32, (N_ITEMS, 3), elements=st.integers(0, 3).map(float)))
def test_diversity__any_vectors__is_a_mean_of_cosine_distances(
    lists: np.ndarray, raw: np.ndarray
) -> None:
    lengths = np.linalg.norm(raw, axis=1, keepdims=True)
    rows = np.divide(raw, lengths, out=np.zeros_like(raw), where=lengths > 0).astype(np.float64)
    facts = beyond.ItemFacts(np.ones(N_ITEMS, np.int64), 1, np.ones(6, np.int64), csr_matrix(rows))

    found = beyond.unit_diversity(lists, facts)

    pairs = [(i, j) for i in range(3) for j in range(3) if i != j]
    due = [np.mean([1 - rows[row[i]] @ rows[row[j]] for i, j in pairs]) for row in lists]
    assert found == pytest.approx(due, abs=1e-6)


@given(SOME_LISTS)
def test_gini__any_lists__lies_between_alike_and_all_to_one(lists: np.ndarray) -> None:
    assert 0 <= gini(lists, N_ITEMS) < 1
    assert 0 < coverage(lists, np.arange(N_ITEMS)) <= 1


def test_gini__extremes__are_nothing_and_nearly_one() -> None:
    assert gini(np.arange(6).reshape(2, 3), 6) == pytest.approx(0)
    assert gini(np.zeros((9, 1), np.int64), 6) == pytest.approx(5 / 6)
    assert np.isnan(gini(np.full((2, 3), -1), 6))
