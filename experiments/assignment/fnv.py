"""FNV-1a 32 over UTF-16 code units, as the open SDKs walk a text."""

import sys
from array import array
from collections.abc import Iterable

OFFSET = 0x811C9DC5
PRIME = 0x01000193
MASK = 0xFFFFFFFF
NATIVE_UTF16 = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"

CodeUnits = bytes | array  # bytes where the text is ASCII: they are made and walked faster


def code_units(text: str) -> CodeUnits:
    """Return the text's UTF-16 code units; a lone surrogate is one, as in JavaScript."""
    if text.isascii():
        return text.encode("ascii")
    return array("H", text.encode(NATIVE_UTF16, "surrogatepass"))


def walk(state: int, units: Iterable[int]) -> int:
    """Return the hash state after these code units."""
    for unit in units:
        state = ((state ^ unit) * PRIME) & MASK
    return state


def fnv32a(text: str) -> int:
    """Return the hash of a text, an integer in [0, 2**32).

    >>> fnv32a("a")
    3826002220
    """
    return walk(OFFSET, code_units(text))
