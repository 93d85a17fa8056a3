"""The bucket of a unit: pure, total, frozen by golden tests."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

BUCKETS = 10_000  # steps of 0.01 %, as in the published hash
OFFSET = 0x811C9DC5
PRIME = 0x01000193
MASK = 0xFFFFFFFF


def fnv32a(text: str) -> int:
    """Return the 32-bit FNV-1a hash over the text's UTF-16 code units, as the open SDKs do.

    >>> fnv32a("a")
    3826002220
    """
    return _walk(OFFSET, text)


def bucket_of(unit_id: str, *, seed: str) -> int:
    """Return the bucket of a unit: an integer in [0, BUCKETS).

    The published GrowthBook hash, version 2, so that every open SDK agrees for ever. Any change
    here reassigns the units of every running experiment.

    >>> bucket_of("v-81", seed="layer-1")
    6679
    """
    inner = _walk(_seeded(seed), unit_id)
    return _walk(OFFSET, str(inner)) % BUCKETS


@lru_cache(maxsize=4096)
def _seeded(seed: str) -> int:
    """Return the hash state after the seed: FNV is sequential, so only the id is walked."""
    return _walk(OFFSET, seed)


def _walk(state: int, text: str) -> int:
    if text.isascii():
        for byte in text.encode("ascii"):
            state = ((state ^ byte) * PRIME) & MASK
        return state
    units = text.encode("utf-16-le", "surrogatepass")
    for index in range(0, len(units), 2):
        state = ((state ^ (units[index] | units[index + 1] << 8)) * PRIME) & MASK
    return state


def buckets_of(unit_ids: NDArray[np.str_], *, seed: str) -> NDArray[np.int64]:
    """Return the buckets of many units, bit-identical to `bucket_of`; shape (len(unit_ids),).

    `unit_ids`: a numpy text array, which cannot hold NUL at the end of a text. Ids with characters
    beyond the basic plane, or NUL within, go one by one.
    """
    points = _code_points(unit_ids)
    inner = _walk_columns(np.full(len(points), _seeded(seed), np.uint64), points)
    digits = _code_points(np.char.mod("%d", inner).astype(np.str_))
    outer = _walk_columns(np.full(len(points), OFFSET, np.uint64), digits)
    out = (outer % BUCKETS).astype(np.int64)
    for row in np.flatnonzero(_is_special(points)):
        out[row] = bucket_of(str(unit_ids[row]), seed=seed)
    return out


def _code_points(texts: NDArray[np.str_]) -> NDArray[np.uint32]:
    """Return one row of code points for each text, padded with zeros."""
    native = np.ascontiguousarray(texts, dtype=texts.dtype.newbyteorder("="))
    return native.view(np.uint32).reshape(len(texts), texts.dtype.itemsize // 4)


def _is_special(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Return which rows hold a character of two code units, or NUL before others."""
    has_nul = (points[:, :-1] == 0) & (points[:, 1:] > 0)
    return (points > 0xFFFF).any(axis=1) | has_nul.any(axis=1)


def _walk_columns(state: NDArray[np.uint64], points: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Walk all texts side by side, one character position at a time; 0 pads the shorter ones."""
    for column in points.T:
        stepped = ((state ^ column) * np.uint64(PRIME)) & np.uint64(MASK)
        state = np.where(column > 0, stepped, state)
    return state
