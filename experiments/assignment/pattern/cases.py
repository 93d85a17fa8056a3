"""Letters of both cases, for patterns that do not tell them apart."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from itertools import groupby

from experiments.assignment.pattern.syntax import (
    ANCHORS,
    Choice,
    Node,
    PatternError,
    Ranges,
    Repeat,
    Sequence,
    Symbols,
)

MAX_FOLDED = 512  # characters of a range whose other cases are looked for
BASIC_END = 0x10000  # beyond it a character is two to JavaScript, and has no other case


def fold(node: Node) -> Node:
    """Return a tree that takes the letters of both cases."""
    match node:
        case Symbols(ranges, is_negated):
            return node if node in ANCHORS.values() else Symbols(_both_cases(ranges), is_negated)
        case Sequence(parts):
            return Sequence(tuple(map(fold, parts)))
        case Choice(options):
            return Choice(tuple(map(fold, options)))
        case Repeat(part, low, high):
            return Repeat(fold(part), low, high)


def _both_cases(ranges: Ranges) -> Ranges:
    if any(high - low >= MAX_FOLDED for low, high in ranges):
        raise PatternError(f"a range in [] of more than {MAX_FOLDED} characters has no cases")
    codes = {code for low, high in ranges for code in range(low, high + 1)}
    letters = _letters()
    cased = {code for code in codes if code < BASIC_END}
    return tuple(_runs(codes.union(*(letters[_upper(code)] for code in cased))))


@cache
def _letters() -> dict[int, set[int]]:
    """Return the basic characters by what they are in capitals: σ, ς and Σ are one letter."""
    letters: dict[int, set[int]] = defaultdict(set)
    for code in range(BASIC_END):
        letters[_upper(code)].add(code)
    return letters


def _upper(code: int) -> int:
    """Return the capital as JavaScript pairs letters: one for one, and none that loses an accent.

    Source: ECMAScript 2023, 22.2.2.7.3 (Canonicalize).
    """
    upper = chr(code).upper()
    return ord(upper) if len(upper) == 1 and upper.isascii() == (code < 128) else code


def _runs(codes: set[int]) -> Iterable[tuple[int, int]]:
    numbered = enumerate(sorted(codes))
    for _, run in groupby(numbered, key=lambda pair: pair[1] - pair[0]):
        points = [code for _, code in run]
        yield points[0], points[-1]
