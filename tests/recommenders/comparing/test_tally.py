"""Sums over lists, and the sentence about them."""

import pytest

from recommenders.comparing.tally import Listed, Tally, conclusion

NOBODY = Listed([], [], [], 1.0, is_own=False)


def listed(ids: str, *, took_ms: float = 1.0, is_own: bool = True) -> Listed:
    return Listed(list(ids), ["c"] * len(ids), [100] * len(ids), took_ms, is_own)


def test_tally__of_a_few_lists__sums_what_they_are() -> None:
    tally = Tally(3, frozenset("ab"))
    tally.add(listed("abc"), listed("abc"))
    tally.add(listed("xa", took_ms=9.0, is_own=False), listed("abc"))
    tally.add(NOBODY, listed("abc"))

    found = tally.figures(n_catalogue=8)

    assert found["overlaps"] == [1, 1, 0, 1]
    assert found["overlap"] == pytest.approx(4 / 3)
    assert (found["empty"], found["short"], found["stand_in"], found["n"]) == (1, 1, 2, 3)
    assert (found["coverage"], found["best_sellers"]) == (4 / 8, 3 / 5)
    assert (found["categories"], found["price"]) == (2 / 3, 100.0)
    assert found["identical"] == pytest.approx(1 / 3)
    assert found["p95_ms"] == pytest.approx(8.2)


def test_tally__of_nobody__says_nothing_instead_of_nan() -> None:
    found = Tally(2, frozenset()).figures(n_catalogue=0)

    unsaid = ("overlap", "rank_biased", "coverage", "best_sellers", "price", "p95_ms", "identical")
    assert [found[name] for name in unsaid] == [None] * len(unsaid)
    assert found["overlaps"] == [0, 0, 0]


@pytest.mark.parametrize(
    ("overlap", "stand_in", "said"),
    [
        (9.7, 0, "share 97 % of their items: an experiment can hardly show a difference."),
        (7.0, 0, "share 70 % of their items: an experiment would need many units"),
        (2.0, 0, "share 20 % of their items: an experiment has something to tell apart."),
        (2.0, 5, "never answered itself"),
        (None, 0, "was compared for nobody"),
    ],
)
def test_conclusion__says_whether_an_experiment_could_tell(
    overlap: float | None, stand_in: int, said: str
) -> None:
    assert said in conclusion("A", "B", {"overlap": overlap, "n": 5, "stand_in": stand_in}, 10)
