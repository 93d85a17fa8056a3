"""FNV-1a 32 over the decimal text of a number, by table instead of digit by digit.

XOR with a digit touches the lowest byte only. So k digits take any state h to
h * PRIME**k + added[h & 255, digits] (mod 2**32), and `added` is small enough to keep: a number of
up to ten digits is its leading part (looked up whole), three digits and two.
"""

from array import array

import numpy as np
from numpy.typing import NDArray

from experiments.assignment.fnv import MASK, OFFSET, PRIME, fnv32a

Numbers = NDArray[np.uint32]

TAIL = 100_000  # the last five digits; what is above them is at most 42 949
PRIME_2, PRIME_3 = (pow(PRIME, k, 2**32) for k in (2, 3))


def _walk_digits(states: Numbers, numbers: Numbers, count: int) -> Numbers:
    """Return the states after `count` digits of each number, zeros in front included."""
    for place in reversed(range(count)):
        digit = numbers // np.uint32(10**place) % np.uint32(10)
        states = (states ^ (digit + np.uint32(ord("0")))) * np.uint32(PRIME)
    return states


def _leading() -> Numbers:
    """Return the state after each number up to MASK // TAIL, written without zeros in front."""
    numbers = np.arange(MASK // TAIL + 1, dtype=np.uint32)
    states = np.full(len(numbers), OFFSET, np.uint32)
    for count in range(1, 6):
        rows = slice(10 ** (count - 1), 10**count)
        states[rows] = _walk_digits(states[rows], numbers[rows], count)
    return states


def _added(count: int) -> Numbers:
    """Return what `count` digits add, at index lowest byte * 10**count + digits."""
    states = np.repeat(np.arange(256, dtype=np.uint32), 10**count)
    digits = np.tile(np.arange(10**count, dtype=np.uint32), 256)
    return _walk_digits(states, digits, count) - states * np.uint32(pow(PRIME, count, 2**32))


LEADING, ADDED_2, ADDED_3 = _leading(), _added(2), _added(3)
# Python reads an array of its own faster than numpy's.
_leading_states, _added_2, _added_3 = (
    array("I", table.tobytes()) for table in (LEADING, ADDED_2, ADDED_3)
)


def hash_of_decimal(number: int) -> int:
    """Return `fnv32a(str(number))` for a number in [0, 2**32).

    >>> hash_of_decimal(3826002220) == fnv32a("3826002220")
    True
    """
    if number < TAIL:
        return fnv32a(str(number))
    state = _leading_states[number // TAIL]
    tail = number % TAIL
    state = state * PRIME_3 + _added_3[(state & 255) * 1000 + tail // 100]
    return (state * PRIME_2 + _added_2[(state & 255) * 100 + tail % 100]) & MASK


def hashes_of_decimals(numbers: Numbers) -> Numbers:
    """Return `hash_of_decimal` of each number, same shape."""
    leading, tail = np.divmod(numbers, np.uint32(TAIL))
    states = LEADING[leading]
    after_3 = (states & np.uint32(255)) * np.uint32(1000) + tail // np.uint32(100)
    states = states * np.uint32(PRIME_3) + ADDED_3[after_3]
    after_2 = (states & np.uint32(255)) * np.uint32(100) + tail % np.uint32(100)
    states = states * np.uint32(PRIME_2) + ADDED_2[after_2]
    short = np.flatnonzero(leading == 0)
    states[short] = [hash_of_decimal(int(number)) for number in numbers[short]]
    return states
