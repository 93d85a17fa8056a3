"""How alike two lists are. Pure."""

from collections.abc import Hashable, Sequence

PERSISTENCE = 0.9  # the first ten places carry 86 % of the weight


def shared(one: Sequence[Hashable], other: Sequence[Hashable]) -> int:
    """Return how many items two lists have in common.

    >>> shared("abc", "bcd")
    2
    """
    return len(set(one) & set(other))


def rank_biased_overlap(
    one: Sequence[Hashable], other: Sequence[Hashable], p: float = PERSISTENCE
) -> float:
    """Return the extrapolated rank-biased overlap of two lists without repeats, 0 to 1.

    Webber, Moffat & Zobel (2010), A similarity measure for indefinite rankings, equation 32, for
    lists of any two lengths; 0 when one of them is empty. An early place counts more than a late
    one.

    >>> rank_biased_overlap("abc", "abc"), rank_biased_overlap("abc", "xyz")
    (1.0, 0.0)
    """
    short, long = sorted((one, other), key=len)
    s, n = len(short), len(long)
    if s == 0:
        return 0.0
    common = [shared(short[:depth], long[:depth]) for depth in range(1, n + 1)]
    x_s, x_n = common[s - 1], common[n - 1]
    agreed = sum(common[d - 1] / d * p**d for d in range(1, n + 1))
    beyond = sum(x_s * (d - s) / (s * d) * p**d for d in range(s + 1, n + 1))
    tail = ((x_n - x_s) / n + x_s / s) * p**n
    return round((1 - p) / p * (agreed + beyond) + tail, 12)


def rank_changes(first: Sequence[Hashable], other: Sequence[Hashable]) -> list[int | None]:
    """Return by how many places each item of `other` stands higher than in `first`; None: new.

    >>> rank_changes("abc", "cax")
    [2, -1, None]
    """
    places = {item: place for place, item in enumerate(first)}
    return [places[item] - place if item in places else None for place, item in enumerate(other)]
