"""What every drawing has: its title above, the key of its variants, where it comes from below."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.exports.drawing.shapes import (
    WIDTH,
    Area,
    Drawing,
    Path,
    Shape,
    Sign,
    fitted,
    px,
    text,
    width_of,
    writable,
)

EDGE = 20
HEAD, ROW, FOOT = 34, 20, 28
KEY_GAP, SIGN_ROOM = 20, 34


@dataclass(frozen=True, slots=True)
class Source:
    """Where a drawing comes from, in words below it."""

    words: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The frame around a drawing's body; `top`: where the body begins."""

    shapes: tuple[Shape, ...]
    top: float


def sheet(title: str, names: Sequence[tuple[str, int]] = ()) -> Sheet:
    """Return the title and the key of the named lines with their marks."""
    room = WIDTH - 2 * EDGE
    shapes: list[Shape] = [text(EDGE, 26, fitted(title, room, 15), "title")]
    x, y = float(EDGE), HEAD + 12.0
    for name, mark in names:
        words = fitted(name, room - SIGN_ROOM)
        wide = SIGN_ROOM + width_of(words) + KEY_GAP
        if x > EDGE and x + wide > WIDTH - EDGE:
            x, y = float(EDGE), y + ROW
        shapes += _named(x, y, words, mark)
        x += wide
    return Sheet(tuple(shapes), y + 14 if names else HEAD + 8)


def finished(
    name: str,
    title: str,
    words: str,
    head: Sheet,
    body: Sequence[Shape],
    bottom: float,
    source: Source,
    plot: Area | None = None,
) -> Drawing:
    """Return the whole drawing, whose body ends at `bottom`."""
    room = WIDTH - 2 * EDGE
    foot = text(EDGE, bottom + 18, fitted(source.words, room, 11), "foot")
    return Drawing(
        name=name,
        title=writable(title),
        words=writable(words),
        height=round(bottom + FOOT),
        shapes=(*head.shapes, *body, foot),
        plot=plot,
    )


def sign(x: float, y: float, mark: int) -> Sign:
    """Return a variant's mark with its middle at x and y."""
    return Sign(px(x - 5), px(y - 5), mark)


def _named(x: float, y: float, words: str, mark: int) -> list[Shape]:
    stroke = Path(f"M{px(x)} {px(y - 4)}H{px(x + 26)}", f"ln c{mark}")
    return [stroke, sign(x + 13, y - 4, mark), text(x + SIGN_ROOM, y, words, "strong")]
