"""The syntax of patterns: a text to a tree of symbols, sequences, choices and repetitions."""

from dataclasses import dataclass

START, END = -1, -2  # the ends of a subject, read as if they were characters
LINE_ENDS = "\n\r\u2028\u2029"
MAX_GROUPS = 20  # groups within groups
MAX_COUNT = 300
MAX_PATTERN = 200  # characters of a pattern; a group or a class is one
MAX_TEXT = 8_000  # characters of a pattern in its normal form, which is longer than what is written
END_TEXT = "$(?!\\n)"  # `$` as all engines read it: Python's also matches before a last line end
HEXADECIMAL = set("0123456789abcdefABCDEF")
NAMED = {"n": "\n", "r": "\r", "t": "\t"}
Ranges = tuple[tuple[int, int], ...]


class PatternError(ValueError):
    """A pattern that is not supported; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """A set of symbols: inclusive ranges of code points, or everything but them."""

    ranges: Ranges
    is_negated: bool = False

    def take(self, symbol: int) -> bool:
        """Return whether the symbol belongs to the set; the ends of a subject are no characters."""
        is_listed = any(low <= symbol <= high for low, high in self.ranges)
        return symbol >= 0 and not is_listed if self.is_negated else is_listed


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts, one after the other."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several."""

    options: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part at least `low` times and at most `high`, None for without end."""

    part: "Node"
    low: int
    high: int | None


Node = Symbols | Sequence | Choice | Repeat

QUANTIFIERS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
ANCHORS = {"^": Symbols(((START, START),)), "$": Symbols(((END, END),))}
ANY = Symbols(tuple((ord(end), ord(end)) for end in LINE_ENDS), is_negated=True)


def parse(text: str) -> Node:
    """Return the tree of a pattern; raises PatternError with what is wrong with it."""
    if len(text) > MAX_TEXT:
        raise PatternError(f"longer than {MAX_TEXT} characters")
    parser = _Parser(text)
    tree = parser.choice()
    if parser.peek():
        raise PatternError("a ) closes nothing")
    return tree


class _Parser:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth, self._atoms = text, 0, 0, 0

    def peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        char = self.peek()
        if not char:
            raise PatternError("it ends in the middle of something")
        self._at += 1
        return char

    def _skip(self, text: str) -> bool:
        is_there = self._text.startswith(text, self._at)
        self._at += len(text) if is_there else 0
        return is_there

    def choice(self) -> Node:
        options = [self._sequence()]
        while self._skip("|"):
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self.peek() not in {"", "|", ")"}:
            parts.append(self._repeated())
        return Sequence(tuple(parts))

    def _repeated(self) -> Node:
        atom = self._atom()
        if self.peek() not in {*QUANTIFIERS, "{"}:
            return atom
        if atom in ANCHORS.values():
            raise PatternError("an end of the text cannot be repeated")
        low, high = self._bounds()
        self._skip("?")  # lazy or greedy, whether it matches is the same
        if self.peek() in {*QUANTIFIERS, "{"}:
            raise PatternError("two repetitions in a row")
        return Repeat(atom, low, high)

    def _bounds(self) -> tuple[int, int | None]:
        char = self._next()
        if char != "{":
            return QUANTIFIERS[char]
        low = self._number()
        if low is None:
            raise PatternError("write { as \\{, or a count such as {2,5}")
        high = self._number() if self._skip(",") else low
        if not self._skip("}") or (high is not None and high < low):
            raise PatternError("a count is written {2}, {2,} or {2,5}")
        return low, high

    def _number(self) -> int | None:
        start = self._at
        while self.peek() in set("0123456789"):
            self._at += 1
        digits = self._text[start : self._at]
        if len(digits) > 4 or int(digits or 0) > MAX_COUNT:
            raise PatternError(f"a count is at most {MAX_COUNT}")
        return int(digits) if digits else None

    def _atom(self) -> Node:
        self._atoms += 1
        if self._atoms > MAX_PATTERN:
            raise PatternError(f"longer than {MAX_PATTERN} characters")
        char = self._next()
        match char:
            case "(":
                return self._group()
            case "[":
                return self._symbol_class()
            case ".":
                return ANY
            case "^":
                return ANCHORS[char]
            case "$":
                self._skip(END_TEXT[1:])
                return ANCHORS[char]
            case "*" | "+" | "?" | "{":
                raise PatternError(f"{char} has nothing before it to repeat")
        return _single(self._escaped() if char == "\\" else char)

    def _group(self) -> Node:
        if self.peek() == "?":
            raise PatternError("(? is not supported; use plain groups")
        self._depth += 1
        if self._depth > MAX_GROUPS:
            raise PatternError(f"more than {MAX_GROUPS} groups within groups")
        tree = self.choice()
        if not self._skip(")"):
            raise PatternError("a ( is not closed")
        self._depth -= 1
        return tree

    def _escaped(self) -> str:
        char = self._next()
        if char == "u":
            return self._code_unit()
        if char in NAMED:
            return NAMED[char]
        if char.isalnum() or char == "_":
            raise PatternError(f"\\{char} is not supported; write the characters, such as [0-9]")
        return char

    def _code_unit(self) -> str:
        digits = self._text[self._at : self._at + 4]
        if len(digits) < 4 or not set(digits) <= HEXADECIMAL:
            raise PatternError("\\u needs four digits, such as \\u00e9")
        self._at += 4
        return chr(int(digits, 16))

    def _symbol_class(self) -> Symbols:
        is_negated = self._skip("^")
        ranges = [self._range()]
        while not self._skip("]"):
            ranges.append(self._range())
        return Symbols(tuple(ranges), is_negated)

    def _range(self) -> tuple[int, int]:
        if self.peek() == "]":
            raise PatternError("[] is empty; write ] as \\]")
        low = high = self._class_member()
        if self._text[self._at : self._at + 1] == "-" and self._text[self._at + 1 :][:1] != "]":
            self._at += 1
            high = self._class_member()
        if high < low:
            raise PatternError("a range in [] runs backwards")
        return ord(low), ord(high)

    def _class_member(self) -> str:
        char = self._next()
        return self._escaped() if char == "\\" else char


def _single(char: str) -> Symbols:
    return Symbols(((ord(char), ord(char)),))
