"""Regular expressions that cannot hang: a position automaton in place of a backtracking search.

The time of a search is bounded by characters × positions, whatever the pattern, so `(a+)+$` costs
no more than `a+$`. The syntax is the part on which JavaScript's and Python's engines agree:
literals, `.`, `[a-z]`, `[^a-z]`, groups, `|`, `* + ? {m,n}`, and `^`, `$` at the ends of a match.
Source: Glushkov (1961), The abstract theory of automata, Russian Mathematical Surveys 16(5).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from experiments.assignment.pattern.cases import fold
from experiments.assignment.pattern.syntax import (
    END,
    MAX_PATTERN,
    START,
    Choice,
    Node,
    PatternError,
    Repeat,
    Sequence,
    Symbols,
    parse,
)

MAX_SUBJECT = 1_000  # characters of a searched text; a longer one matches nothing
MAX_POSITIONS = 300  # symbols of a pattern with its counted repetitions written out

__all__ = ["MAX_PATTERN", "MAX_SUBJECT", "Pattern", "PatternError", "compile_pattern", "search"]


def search(pattern: str, subject: str, *, ignore_case: bool = False) -> bool:
    """Return whether the pattern matches somewhere in the subject; raises PatternError.

    A subject of more than MAX_SUBJECT characters matches nothing.

    >>> search("^v[0-9]+$", "v12"), search("(a+)+$", "a" * 30 + "b")
    (True, False)
    """
    return len(subject) <= MAX_SUBJECT and compile_pattern(pattern, ignore_case).search(subject)


@lru_cache(maxsize=512)
def compile_pattern(text: str, ignore_case: bool = False) -> "Pattern":
    """Return the automaton of a pattern; raises PatternError with what is wrong with it."""
    pattern = Pattern()
    tree = parse(text)
    part = pattern.add(fold(tree) if ignore_case else tree)
    pattern.is_nullable, pattern.first, pattern.last = part.is_nullable, part.first, part.last
    pattern.check_anchors()
    return pattern


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a pattern: may it be empty, where can it begin and end (bits of positions)."""

    is_nullable: bool = True
    first: int = 0
    last: int = 0


@dataclass(slots=True)
class Pattern:
    """Positions with the symbols they take and the positions that may come next, as bits."""

    symbols: list[Symbols] = field(default_factory=list)
    follow: list[int] = field(default_factory=list)
    is_nullable: bool = True
    first: int = 0
    last: int = 0

    def search(self, subject: str) -> bool:
        """Return whether the pattern matches somewhere in the subject."""
        if self.is_nullable:
            return True
        active = 0
        takers: dict[int, int] = {}
        for symbol in (START, *map(ord, subject), END):
            if symbol not in takers:
                takers[symbol] = self._takers(symbol)
            reachable = self.first
            for position in _bits(active):
                reachable |= self.follow[position]
            active = reachable & takers[symbol]
            if active & self.last:
                return True
        return False

    def _takers(self, symbol: int) -> int:
        return sum(1 << i for i, symbols in enumerate(self.symbols) if symbols.take(symbol))

    def add(self, node: Node) -> _Part:
        """Add a syntax tree's positions; raises PatternError when they are too many."""
        match node:
            case Symbols():
                return self._add_position(node)
            case Sequence(steps):
                whole = _Part()
                for step in steps:
                    whole = self._join(whole, self.add(step))
                return whole
            case Choice(options):
                parts = [self.add(option) for option in options]
                return _Part(
                    any(part.is_nullable for part in parts),
                    _union(part.first for part in parts),
                    _union(part.last for part in parts),
                )
            case Repeat():
                return self._repeat(node)

    def _add_position(self, symbols: Symbols) -> _Part:
        if len(self.symbols) == MAX_POSITIONS:
            raise PatternError(f"more than {MAX_POSITIONS} symbols with its counts written out")
        self.symbols.append(symbols)
        self.follow.append(0)
        bit = 1 << (len(self.symbols) - 1)
        return _Part(False, bit, bit)

    def _join(self, left: _Part, right: _Part) -> _Part:
        for position in _bits(left.last):
            self.follow[position] |= right.first
        return _Part(
            left.is_nullable and right.is_nullable,
            left.first | (right.first if left.is_nullable else 0),
            right.last | (left.last if right.is_nullable else 0),
        )

    def _repeat(self, node: Repeat) -> _Part:
        """Write a counted repetition out: what must be, then what may be; without end one loops."""
        whole = _Part()
        copies = max(node.low, 1) if node.high is None else node.high
        for index in range(copies):
            part = self.add(node.part)
            if not part.first:
                return _Part()  # nothing, however often; counts within counts would take for ever
            if node.high is None and index == copies - 1:
                self._join(part, part)
            if index >= node.low:
                part = _Part(True, part.first, part.last)
            whole = self._join(whole, part)
        return whole

    def check_anchors(self) -> None:
        """Raise PatternError unless `^` only begins and `$` only ends a match.

        Both take a symbol here, but no width elsewhere: `^^a` would mean two things.
        """
        starts = self._takers(START)
        for symbols, follow in zip(self.symbols, self.follow, strict=True):
            if follow & starts:
                raise PatternError("^ stands behind something; it can only begin a match")
            if follow and symbols.take(END):
                raise PatternError("$ stands before something; it can only end a match")

    def check_widths(self) -> None:
        """Raise PatternError where it matters whether an emoji is one character or two.

        To JavaScript it is two. `.*` takes both like one, `..` does not: two steps over anything
        must lead to where one step leads, from every position.
        """
        wide = sum(1 << i for i, symbols in enumerate(self.symbols) if symbols.is_negated)
        for follow in (self.first, *self.follow):
            once = follow & wide
            if once != _union(self.follow[position] & wide for position in _bits(once)):
                raise PatternError(
                    "clients count emoji differently; write .* or .+ or [^…]* for any text,"
                    " not two of them in a row, and \\. for a dot"
                )


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _union(masks: Iterator[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union
