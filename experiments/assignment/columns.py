"""The buckets of many units at once: compiled where numba is installed, else by numpy."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from experiments.assignment.digits import hashes_of_decimals
from experiments.assignment.fnv import PRIME
from experiments.assignment.hashing import BUCKETS, bucket_of_state, compiled_kernel, seed_state
from experiments.assignment.texts import Ids, Texts, texts_of

CHUNK = 16_384  # rows side by side: their characters stay in the processor's cache
BASIC = 0xFFFF  # code points above are two code units


def buckets_of(unit_ids: Ids, *, seed: str, compiled: bool | None = None) -> NDArray[np.int64]:
    """Return the buckets of many units, bit-identical to `bucket_of`; shape (len(unit_ids),).

    `compiled`: whether by the kernel; None takes it where it is there.
    """
    return draw_all(texts_of(unit_ids), [seed], compiled=compiled)[0].astype(np.int64)


def draw_all(
    texts: Texts, seeds: Sequence[str], *, compiled: bool | None = None
) -> NDArray[np.uint16]:
    """Return the bucket of every text under every seed; shape (len(seeds), len(texts))."""
    states = [seed_state(seed) for seed in seeds]
    if compiled is not False and (kernel := compiled_kernel()) is not None:
        return kernel.draw_all(texts, states)
    out = np.empty((len(seeds), len(texts)), np.uint16)
    for start in range(0, len(texts), CHUNK):
        rows = slice(start, start + CHUNK)
        out[:, rows] = _draw_chunk(texts.take(rows), states)
    return out


def _draw_chunk(texts: Texts, states: Sequence[int]) -> NDArray[np.uint16]:
    columns, lengths = _columns(texts)
    out = np.empty((len(states), len(texts)), np.uint16)
    special = np.flatnonzero((columns > BASIC).any(axis=0))
    for row, state in enumerate(states):
        inner = _walk_columns(np.full(len(texts), state, np.uint32), columns, lengths)
        out[row] = hashes_of_decimals(inner) % np.uint32(BUCKETS)
        out[row, special] = [bucket_of_state(texts[int(unit)], state) for unit in special]
    return out


def _columns(texts: Texts) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the code points by position, shape (longest, len(texts)), and the lengths."""
    lengths = texts.stops - texts.starts
    columns = np.zeros((int(lengths.max(initial=0)), len(texts)), np.uint32)
    for position, column in enumerate(columns):
        rows = np.flatnonzero(lengths > position)
        column[rows] = texts.points[texts.starts[rows] + position]
    return columns, lengths


def _walk_columns(
    states: NDArray[np.uint32], columns: NDArray[np.uint32], lengths: NDArray[np.int64]
) -> NDArray[np.uint32]:
    """Walk all texts side by side, one position at a time; those at their end stay."""
    shortest = int(lengths.min(initial=len(columns)))
    for position, column in enumerate(columns):
        stepped = (states ^ column) * np.uint32(PRIME)
        states = stepped if position < shortest else np.where(lengths > position, stepped, states)
    return states
