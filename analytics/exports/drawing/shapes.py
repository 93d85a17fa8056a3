"""What a drawing is made of, and the texts in it."""

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar

WIDTH = 880
# What XML cannot hold, and what turns the direction of all text behind it.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
NARROW, WIDE = 0.56, 1.05  # of the font's size: how wide a letter is, about


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the drawing, in pixels."""

    x: float
    y: float
    width: float
    height: float

    def across(self, per_cent: str) -> float:
        """Return where a share of the width stands.

        >>> Area(10, 0, 200, 50).across("25.00%")
        60.0
        """
        return self.x + self.width * share(per_cent)

    def down(self, per_cent: str) -> float:
        """Return where a share of the height stands."""
        return self.y + self.height * share(per_cent)


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line."""

    kind: ClassVar[str] = "rule"
    x1: str
    y1: str
    x2: str
    y2: str
    css: str


@dataclass(frozen=True, slots=True)
class Rect:
    """A box."""

    kind: ClassVar[str] = "rect"
    x: str
    y: str
    width: str
    height: str
    css: str
    round: str = "0"


@dataclass(frozen=True, slots=True)
class Path:
    """A line or an area; cut to the plot where it `is_cut`."""

    kind: ClassVar[str] = "path"
    d: str
    css: str
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; `anchor`: which of its ends stands at x."""

    kind: ClassVar[str] = "text"
    x: str
    y: str
    text: str
    css: str = ""
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Sign:
    """The mark of a variant; x and y are its corner."""

    kind: ClassVar[str] = "sign"
    x: str
    y: str
    mark: int


Shape = Rule | Rect | Path | Text | Sign


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with its title and its words; `name`: what its file is called.

    `plot`: what lines are cut to; None where there are none.
    """

    name: str
    title: str
    words: str
    height: int
    shapes: tuple[Shape, ...]
    plot: Area | None = None


def share(per_cent: str) -> float:
    """Return a written share as a number: 0.25 of "25.00%"."""
    return float(per_cent.rstrip("%")) / 100


def px(value: float) -> str:
    """Return a length as it is written."""
    return f"{value:.1f}"


def rule(x1: float, y1: float, x2: float, y2: float, css: str) -> Rule:
    """Return a straight line."""
    return Rule(px(x1), px(y1), px(x2), px(y2), css)


def rect(x: float, y: float, width: float, height: float, css: str, radius: float = 0) -> Rect:
    """Return a box."""
    return Rect(px(x), px(y), px(max(width, 0.5)), px(max(height, 0.0)), css, px(radius))


def text(x: float, y: float, words: str, css: str = "", anchor: str = "start") -> Text:
    """Return a line of text."""
    return Text(px(x), px(y), words, css, anchor)


def writable(words: str) -> str:
    """Return a text that any XML reader takes, and that turns no text beside it around.

    >>> writable("a" + chr(0) + chr(0x202E) + "b")
    'a�b'
    """
    return TURNING.sub("", UNWRITABLE.sub("\ufffd", words))


def width_of(words: str, size: float = 12) -> float:
    """Return about how wide a text is, in pixels."""
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in words)
    return size * (WIDE * wide + NARROW * (len(words) - wide))


def fitted(words: str, room: float, size: float = 12) -> str:
    """Return a text on one line, cut with an ellipsis where it would not fit in so many pixels.

    >>> fitted("Revenue per unit", 60)
    'Revenue…'
    """
    words = " ".join(writable(words).split())
    if width_of(words, size) <= room:
        return words
    while words and width_of(words + "…", size) > room:
        words = words[:-1]
    return words.rstrip() + "…"
