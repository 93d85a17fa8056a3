"""Patterns written so that JavaScript, Python and ours read the same: their normal form.

What the engines do not share is spelled out: `.` and `$` say which ends of lines they mean, and
a pattern without case names both cases, since engines differ in which letters are one letter.
"""

from experiments.assignment.pattern.cases import fold
from experiments.assignment.pattern.search import compile_pattern
from experiments.assignment.pattern.syntax import (
    ANCHORS,
    END_TEXT,
    MAX_TEXT,
    NAMED,
    Choice,
    Node,
    PatternError,
    Ranges,
    Repeat,
    Sequence,
    Symbols,
    parse,
)

SPECIAL = frozenset("\\^$.*+?()[]{}|")
SPECIAL_IN_CLASS = frozenset("\\]^-[&~|")  # the last ones are reserved by Python's engine
SURROGATES = (0xD800, 0xDFFF)
BASIC = 0xFFFF  # the last character of one UTF-16 code unit


def normal_pattern(text: str, *, ignore_case: bool = False) -> str:
    """Return a pattern that every client reads as ours; raises PatternError where none can be.

    >>> print(normal_pattern("^a.*b$"), normal_pattern("ab", ignore_case=True))
    ^a[^\\n\\r\\u2028\\u2029]*b$(?!\\n) [Aa][Bb]
    """
    compile_pattern(text)
    tree = parse(text)
    if ignore_case:
        tree = fold(tree)
    _check_characters(tree)
    written = _write(tree)
    if len(written) > MAX_TEXT:
        raise PatternError(f"longer than {MAX_TEXT} characters when written out")
    compile_pattern(written).check_widths()
    return written


def _check_characters(node: Node) -> None:
    """Raise PatternError where JavaScript would see the two halves of a character."""
    match node:
        case Symbols(ranges, is_negated):
            _check_ranges(ranges, is_one=len(ranges) == 1 and not is_negated)
        case Sequence(parts) | Choice(parts):
            for part in parts:
                _check_characters(part)
        case Repeat(part):
            _check_characters(part)
            if isinstance(part, Symbols) and part.ranges[0][0] > BASIC:
                raise PatternError("put a repeated emoji into a group, such as (😀)+")


def _check_ranges(ranges: Ranges, *, is_one: bool) -> None:
    for low, high in ranges:
        if low <= SURROGATES[1] and high >= SURROGATES[0]:
            raise PatternError("half characters, U+D800 to U+DFFF, cannot be searched")
        if high > BASIC and (not is_one or low != high):
            raise PatternError("emoji cannot stand in []; write (😀|😎)")


def _write(node: Node) -> str:
    match node:
        case Symbols():
            return _write_symbols(node)
        case Sequence(parts):
            return "".join(f"({_write(p)})" if isinstance(p, Choice) else _write(p) for p in parts)
        case Choice(options):
            return "|".join(map(_write, options))
        case Repeat(part):
            written = _write(part)
            return (written if isinstance(part, Symbols) else f"({written})") + _count(node)


def _write_symbols(symbols: Symbols) -> str:
    if symbols in ANCHORS.values():
        return "^" if symbols == ANCHORS["^"] else END_TEXT
    low, high = symbols.ranges[0]
    if len(symbols.ranges) == 1 and low == high and not symbols.is_negated:
        return _escape(low, SPECIAL)
    listed = "".join(map(_write_range, symbols.ranges))
    return f"[{'^' if symbols.is_negated else ''}{listed}]"


def _write_range(bounds: tuple[int, int]) -> str:
    low, high = (_escape(code, SPECIAL_IN_CLASS) for code in bounds)
    if bounds[0] == bounds[1]:
        return low
    return f"{low}{high}" if bounds[1] == bounds[0] + 1 else f"{low}-{high}"


def _escape(code: int, special: frozenset[str]) -> str:
    char = chr(code)
    if char in NAMED.values():
        return "\\" + next(name for name, named in NAMED.items() if named == char)
    if char in "\u2028\u2029":
        return f"\\u{code:04x}"
    return f"\\{char}" if char in special else char


def _count(repeat: Repeat) -> str:
    low, high = repeat.low, repeat.high
    short = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((low, high))
    if short:
        return short
    return f"{{{low}}}" if low == high else f"{{{low},{'' if high is None else high}}}"
