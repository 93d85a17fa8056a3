"""Caps, diversity, rules and purchases, each by itself."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.sparse import csr_matrix

from recommenders.reranking.bought import bought_within
from recommenders.reranking.caps import within_caps
from recommenders.reranking.diversity import alike_by_content, alike_by_group, mmr
from recommenders.reranking.rules import boosted, with_pins

CATEGORY = np.array([0, 0, 0, 1, 1, -1, -1, -1])
BRAND = np.array([0, 1, 0, 0, 1, 0, 0, 1])
ALL = np.arange(8)


def test_caps__of_one_group__pass_over_the_rest_of_it_and_keep_the_order() -> None:
    kept, passed = within_caps(ALL, [(CATEGORY, 1)], most=8)

    assert kept.tolist() == [0, 3, 5, 6, 7]
    assert passed.tolist() == [1, 2, 4]


def test_caps__of_two_groups__hold_both() -> None:
    kept, _passed = within_caps(ALL, [(CATEGORY, 2), (BRAND, 2)], most=8)

    assert kept.tolist() == [0, 1, 3, 4]


def test_caps__enough_kept__stop_there() -> None:
    kept, passed = within_caps(ALL, [(CATEGORY, 2)], most=3)

    assert (kept.tolist(), passed.tolist()) == ([0, 1, 3], [2])


def test_caps__none__keep_everything() -> None:
    assert within_caps(np.array([4, 2]), [], most=5)[0].tolist() == [0, 1]


def test_mmr__without_strength__is_the_order_of_scores() -> None:
    scores = np.array([1, 3, 2], np.float32)

    assert mmr(scores, np.ones((3, 3), np.float32), strength=0, most=3).tolist() == [1, 2, 0]


def test_mmr__by_category__takes_the_other_category_before_the_second_of_the_first() -> None:
    scores = np.array([1.0, 0.9, 0.8, 0.4], np.float32)
    alike = alike_by_group(np.array([7, 7, 7, 3]))

    assert mmr(scores, alike, strength=0.6, most=3).tolist() == [0, 3, 1]


def test_mmr__of_its_definition__agrees_with_a_plain_loop() -> None:
    rng = np.random.default_rng(3)
    scores = rng.random(20, dtype=np.float32)
    rows = rng.random((20, 5), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    alike = alike_by_content(csr_matrix(rows))
    relevance = (scores - scores.min()) / (scores.max() - scores.min())
    expected: list[int] = []
    for _ in range(10):
        left = [i for i in range(20) if i not in expected]
        gain = [
            0.7 * relevance[i] - 0.3 * max((alike[i, j] for j in expected), default=0.0)
            for i in left
        ]
        expected.append(left[int(np.argmax(gain))])

    assert mmr(scores, alike, strength=0.3, most=10).tolist() == expected


@pytest.mark.parametrize("scores", [[], [2.0], [1.0, 1.0]])
def test_mmr__nothing_to_choose_between__is_in_order(scores: list[float]) -> None:
    n = len(scores)

    found = mmr(np.array(scores, np.float32), np.ones((n, n), np.float32), strength=0.5, most=5)

    assert found.tolist() == list(range(n))


def test_items_without_a_category__are_like_nothing_else() -> None:
    assert alike_by_group(np.array([-1, -1])).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("shift", [0.0, -100.0])
def test_boost__of_scores_of_either_sign__moves_up_by_the_distance_from_the_weakest(
    shift: float,
) -> None:
    scores = np.array([1.0, 2.0, 3.0, np.nan], np.float32) + np.float32(shift)

    found = boosted(scores, np.array([1]), np.array([3.0], np.float32), np.zeros(0, np.int64))

    assert_allclose(found, np.array([1, 4, 3, np.nan]) + shift)


def test_bury__of_the_best__comes_after_the_weakest() -> None:
    scores = np.array([1.0, 5.0, 4.0, 2.0], np.float32)

    found = boosted(scores, np.zeros(0, np.int64), np.zeros(0, np.float32), np.array([1, 2]))

    assert np.argsort(-found).tolist() == [3, 0, 1, 2]
    assert scores[1] == 5


def test_boost__without_any_score__changes_nothing() -> None:
    scores = np.full(2, np.nan, np.float32)
    none = np.zeros(0, np.int64)

    assert np.isnan(boosted(scores, np.array([0]), np.array([2], np.float32), none)).all()


def test_pins__at_their_ranks__let_the_others_close_up() -> None:
    assert with_pins(["a", "b", "c"], {1: "x", 3: "y"}, 4) == ["x", "a", "y", "b"]
    assert with_pins(["a"], {5: "x"}, 5) == ["a", "x"]
    assert with_pins([], {2: "x"}, 2) == ["x"]


EXTRAS = {
    "bought.indptr": np.array([0, 2, 3]),
    "bought.indices": np.array([4, 7, 5]),
    "bought.age_days": np.array([1.0, 20.0, 0.0], np.float32),
}


@pytest.mark.parametrize(
    ("unit", "days", "since", "expected"),
    [(0, 10, 0, [4]), (0, 30, 0, [4, 7]), (0, 30, 15, [4]), (1, 10, 3, [5]), (-1, 10, 0, [])],
)
def test_bought__within_days__counts_from_now(
    unit: int, days: float, since: float, expected: list[int]
) -> None:
    assert bought_within(EXTRAS, unit, days=days, since_days=since).tolist() == expected
    assert bought_within({}, unit, days=days, since_days=since).tolist() == []
