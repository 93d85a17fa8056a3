"""A unit's sides and what is summed of them: every sum and product, exact on each engine.

A side is numerator y or denominator x in the window, w or v the same in the four weeks before it.
Products of large sides are summed in parts: no square beyond 63 bits, no division but by 65536.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from analytics.errors import DefinitionError, InvalidInputError
from analytics.queries.sums import SPLIT
from analytics.queries.terms import MetricQuery, Term

SHARES = ("binary", "retention")
NAMES = ("y", "x")
BEFORE = {"y": "w", "x": "v"}

Weighted = tuple[int, int]  # a factor, and the place of what is selected


@dataclass(frozen=True, slots=True)
class Side:
    """One whole number per unit: its name, its text, and whether its square may pass 63 bits.

    In the text `{c}` stands for the letter of the columns it reads.
    """

    name: str
    text: str
    is_large: bool


@dataclass(frozen=True, slots=True)
class Columns:
    """What is selected for one metric: its sides, and the weighted parts of sums and products.

    `n`: the place of the units that count; None: all of them do.
    """

    names: tuple[str, ...]
    n: int | None
    sums: tuple[int, ...]
    products: tuple[tuple[Weighted, ...], ...]


def maturity(metric: MetricQuery) -> str | None:
    """Return the column that is 1 for a unit whose day of return is over; None: all count."""
    return None if metric.day is None else f"m{metric.day}"


def sides_of(
    metric: MetricQuery,
    places: Sequence[int],
    terms: Sequence[Term],
    *,
    cap: int | None = None,
    with_history: bool = False,
) -> list[Side]:
    """Return a metric's sides in the order of `ExactSample`: y, x, then w, v.

    `places`: of its terms, whose values are in columns such as c0, and h0 before the window. `cap`:
    above which a numerator counts as it. Raises DefinitionError where the denominator is no count.
    """
    if metric.kind == "ratio" and terms[places[1]].is_large:
        raise DefinitionError(f"the denominator of {metric.key!r} must be a count", "denominator")
    sides = list(_sides(metric, places, terms, cap))
    if with_history:
        before = [(BEFORE[side.name], side.text.replace("{c}", "h")) for side in sides]
        pairs = zip(before, sides, strict=True)
        sides += [Side(name, text, side.is_large) for (name, text), side in pairs]
    return sides


def _sides(
    metric: MetricQuery, places: Sequence[int], terms: Sequence[Term], cap: int | None
) -> Iterator[Side]:
    wanted = places if metric.kind in ("ratio", "quantile") else places[:1]
    for name, place in zip(NAMES, wanted, strict=False):
        text = f"{{c}}{place}"
        if name == "y":
            text = _capped(_as_share(metric, text), cap)
        yield Side(name, text, terms[place].is_large and metric.kind not in SHARES)


def _as_share(metric: MetricQuery, text: str) -> str:
    if metric.kind not in SHARES:
        return text
    mature = maturity(metric)
    counts = f"{text} > 0" if mature is None else f"{mature} = 1 AND {text} > 0"
    return f"CASE WHEN {counts} THEN 1 ELSE 0 END"


def _capped(text: str, cap: int | None) -> str:
    if cap is None:
        return text
    if isinstance(cap, bool) or not isinstance(cap, int) or cap < 0:
        raise InvalidInputError(f"a cap is a whole number from 0 on, was {cap!r}")
    return f"CASE WHEN {text} > {cap} THEN {cap} ELSE {text} END"


class Selected:
    """The sides of several metrics and what is summed of them, each once."""

    def __init__(self) -> None:
        """Start without any."""
        self.sides: list[str] = []
        self.texts: list[str] = []

    def columns(self, metric: MetricQuery, sides: Sequence[Side]) -> Columns:
        """Return the columns of a metric with these sides; their values are in {z}0, {z}1 …"""
        mature = maturity(metric)
        named = [Side(each.name, self._column(each.text), each.is_large) for each in sides]
        return Columns(
            names=tuple(side.name for side in named),
            n=None if mature is None else self._place(self._column(mature)),
            sums=tuple(self._place(side.text) for side in named),
            products=tuple(
                tuple((weight, self._place(text)) for weight, text in _product(one, other))
                for one, other in combinations_with_replacement(named, 2)
            ),
        )

    def _column(self, text: str) -> str:
        if text not in self.sides:
            self.sides.append(text)
        return f"{{z}}{self.sides.index(text)}"

    def _place(self, text: str) -> int:
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text)


def _product(one: Side, other: Side) -> Iterator[tuple[int, str]]:
    """Yield the weighted parts of a product of two sides, each a whole number below 2^63."""
    first, second = _halves(one), _halves(other)
    if one == other and one.is_large:
        (weight, high), (_one, low) = first
        yield from ((weight**2, f"{high} * {high}"), (2 * weight, f"{high} * {low}"))
        yield 1, f"{low} * {low}"
        return
    for factor, upper in first:
        for weight, lower in second:
            yield factor * weight, f"{upper} * {lower}"


def _halves(side: Side) -> Sequence[tuple[int, str]]:
    """Return a side as weighted parts: in two where it is large."""
    if not side.is_large:
        return ((1, side.text),)
    quotient = f"{side.text} / {SPLIT}"
    return (SPLIT, f"({quotient})"), (1, f"({side.text} - {quotient} * {SPLIT})")
