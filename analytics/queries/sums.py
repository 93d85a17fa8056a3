"""From a unit's two sides to a variant's exact sums: what is selected, and how it is decoded.

No division but by 65536, no square beyond 63 bits: the same numbers on every engine.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from analytics.errors import InvalidInputError
from analytics.queries.terms import MetricQuery, Term
from analytics.stats.moments import Moments

SPLIT = 65_536  # y = h * SPLIT + l keeps every square below 2^63 on engines that do not widen


def sum_columns(
    metric: MetricQuery, sides: Sequence[int], terms: Sequence[Term]
) -> tuple[str, ...]:
    """Return the summed expressions of one metric: Σy, Σy² in parts, then Σx, Σx², Σxy in parts.

    `sides`: the places of its terms, whose values are in columns c0, c1 and so on. Raises
    InvalidInputError where the denominator is no count.
    """
    y = f"c{sides[0]}"
    if metric.kind == "binary":
        y = f"CASE WHEN {y} > 0 THEN 1 ELSE 0 END"
    high, low = _parts(y, is_large=terms[sides[0]].is_large)
    sums = [y, f"{high} * {high}", f"{high} * {low}", f"{low} * {low}"]
    if metric.kind != "ratio":
        return tuple(sums)
    if terms[sides[1]].is_large:
        raise InvalidInputError(f"the denominator of {metric.key!r} must be a count")
    x = f"c{sides[1]}"
    return (*sums, x, f"{x} * {x}", f"{high} * {x}", f"{low} * {x}")


def _parts(y: str, *, is_large: bool) -> tuple[str, str]:
    """Return y split in a high and a low part; all of it is low when it is a count."""
    if not is_large:
        return "0", f"({y})"
    return f"({y} / {SPLIT})", f"({y} - {y} / {SPLIT} * {SPLIT})"


def exact_sums(numbers: Iterable[Any]) -> list[int]:
    """Return sums as integers; SQLite answers with a float once a square passes 2^63."""
    return [_exact(number) for number in numbers]


def _exact(number: Any) -> int:
    if isinstance(number, float):
        raise InvalidInputError("a unit's value is too large to be squared exactly")
    return int(number or 0)


def moments_from(n: int, sums: Sequence[int]) -> Moments:
    """Return the moments of n units with these sums, in the order of `sum_columns`."""
    y, hh, hl, ll, *ratio = sums
    yy = SPLIT**2 * hh + 2 * SPLIT * hl + ll
    if not ratio:
        return Moments(n, y, yy)
    x, xx, hx, lx = ratio
    return Moments(n, y, yy, x, xx, SPLIT * hx + lx)
