"""Overlap, rank-biased overlap and changes of rank, against worked values."""

import pytest

from recommenders.comparing.likeness import rank_biased_overlap, rank_changes, shared


def by_hand(one: str, other: str, p: float) -> float:
    """Return equation 32 of Webber et al. for two lists of one length, term by term."""
    n = len(one)
    agreement = [len(set(one[:d]) & set(other[:d])) / d for d in range(1, n + 1)]
    total = sum(agreement[d - 1] * p**d for d in range(1, n + 1))
    return agreement[-1] * p**n + (1 - p) / p * total


@pytest.mark.parametrize(("one", "other"), [("abcde", "bacde"), ("abcd", "xbya"), ("ab", "ba")])
@pytest.mark.parametrize("p", [0.5, 0.9])
def test_rank_biased_overlap__of_equal_lengths__is_the_published_formula(
    one: str, other: str, p: float
) -> None:
    assert rank_biased_overlap(one, other, p) == pytest.approx(by_hand(one, other, p), abs=1e-12)


def test_rank_biased_overlap__counts_early_places_more() -> None:
    late, early = rank_biased_overlap("abcdef", "abcdfe"), rank_biased_overlap("abcdef", "bacdef")

    assert 0 < early < late < 1


def test_rank_biased_overlap__of_other_lengths__is_symmetric_and_bounded() -> None:
    found = rank_biased_overlap("abcdefgh", "abx")

    assert found == rank_biased_overlap("abx", "abcdefgh")
    assert 0 < found < 1
    assert rank_biased_overlap("abc", "abcdefgh") == pytest.approx(1.0)


@pytest.mark.parametrize(("one", "other"), [("", ""), ("abc", ""), ("", "abc"), ("abc", "xyz")])
def test_likeness__of_lists_with_nothing_in_common__is_zero(one: str, other: str) -> None:
    assert (shared(one, other), rank_biased_overlap(one, other)) == (0, 0.0)


def test_rank_changes__say_up_down_same_and_new() -> None:
    assert rank_changes("abcd", "bacxe") == [1, -1, 0, None, None]
