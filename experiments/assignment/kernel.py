"""The hash compiled by numba, an optional package; imported only where it is wanted.

Equal to the interpreted hash for every text; see `hashing.use_kernel` and `columns.draw_all`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from experiments.assignment.digits import ADDED_2, ADDED_3, LEADING
from experiments.assignment.digits import PRIME_2 as PRIME_2_INT
from experiments.assignment.digits import PRIME_3 as PRIME_3_INT
from experiments.assignment.digits import TAIL as TAIL_INT
from experiments.assignment.fnv import OFFSET as OFFSET_INT
from experiments.assignment.fnv import PRIME as PRIME_INT
from experiments.assignment.fnv import CodeUnits, code_units
from experiments.assignment.texts import Texts

WALKS = 3  # at once
TABLES = (LEADING, ADDED_3, ADDED_2)
PRIME = np.uint32(PRIME_INT)
OFFSET = np.uint32(OFFSET_INT)
TEN, ZERO = np.uint64(10), np.uint64(ord("0"))
NIBBLE, NIBBLE_MASK = np.uint64(4), np.uint64(15)
PRIME_2, PRIME_3, TAIL = np.uint32(PRIME_2_INT), np.uint32(PRIME_3_INT), np.uint32(TAIL_INT)
BUCKETS, THOUSAND, HUNDRED, BYTE = (np.uint32(n) for n in (10_000, 1000, 100, 255))
PAIRED = np.uint32(0x10000)  # code points from here on are two code units
HIGH, LOW = np.uint32(0xD800), np.uint32(0xDC00)
HALF, HALF_MASK = np.uint32(10), np.uint32(0x3FF)


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function compiled; kept on disk where some folder lets us write."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no folder for its cache
        return njit(nogil=True)(function)


@_compiled
def _step(state: Any, unit: Any) -> Any:
    return np.uint32((state ^ np.uint32(unit)) * PRIME)


@_compiled
def _bucket(inner: Any) -> Any:
    """Return the bucket of an inner hash: its decimal digits walked, the first one first."""
    rest, packed, count = np.uint64(inner), np.uint64(0), 0
    while rest >= TEN:
        packed = (packed << NIBBLE) | (rest % TEN)
        rest //= TEN
        count += 1
    outer = _step(OFFSET, rest + ZERO)
    for _ in range(count):
        outer = _step(outer, (packed & NIBBLE_MASK) + ZERO)
        packed >>= NIBBLE
    return outer % BUCKETS


@_compiled
def _draw(units: Any, seed_state: Any) -> Any:
    state = np.uint32(seed_state)
    for index in range(len(units)):
        state = _step(state, units[index])
    return np.int64(_bucket(state))


@_compiled
def _bucket_by_table(inner: Any, leading: Any, added_3: Any, added_2: Any) -> Any:
    """Return the same bucket with the tables of `digits`."""
    if inner < TAIL:
        return _bucket(inner)
    state = leading[inner // TAIL]
    tail = np.uint32(inner % TAIL)
    above = np.uint32(tail // HUNDRED)
    state = np.uint32(state * PRIME_3 + added_3[(state & BYTE) * THOUSAND + above])
    rest = np.uint32(tail % HUNDRED)
    state = np.uint32(state * PRIME_2 + added_2[(state & BYTE) * HUNDRED + rest])
    return state % BUCKETS


@_compiled
def _fill_three(
    points: Any, starts: Any, stops: Any, seed_states: Any, tables: Any, out: Any
) -> None:
    leading, added_3, added_2 = tables
    for row in range(out.shape[1]):
        # Three walks side by side cost hardly more than one: each waits for its multiplications.
        a, b, c = seed_states[0], seed_states[1], seed_states[2]
        for index in range(starts[row], stops[row]):
            point = np.uint32(points[index])
            if point >= PAIRED:
                pair = np.uint32(point - PAIRED)
                unit = np.uint32(HIGH + (pair >> HALF))
                a, b, c = _step(a, unit), _step(b, unit), _step(c, unit)
                point = np.uint32(LOW + (pair & HALF_MASK))
            a, b, c = _step(a, point), _step(b, point), _step(c, point)
        out[0, row] = _bucket_by_table(a, leading, added_3, added_2)
        out[1, row] = _bucket_by_table(b, leading, added_3, added_2)
        out[2, row] = _bucket_by_table(c, leading, added_3, added_2)


draw: Callable[[CodeUnits, int], int] = _draw


def draw_all(texts: Texts, seed_states: Sequence[int]) -> NDArray[np.uint16]:
    """Return the bucket of every text under every state; shape (len(seed_states), len(texts))."""
    missing = -len(seed_states) % WALKS
    states = np.array([*seed_states, *[0] * missing], np.uint32)
    out = np.empty((len(states), len(texts)), np.uint16)
    for at in range(0, len(states), WALKS):
        rows = slice(at, at + WALKS)
        _fill_three(texts.points, texts.starts, texts.stops, states[rows], TABLES, out[rows])
    return out[: len(seed_states)]


# Compiled, or read from the cache, now: no request waits for it later.
for _text in ("a", "é"):
    draw(code_units(_text), OFFSET_INT)
