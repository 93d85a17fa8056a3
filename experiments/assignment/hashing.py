"""The bucket of a unit: pure, total, frozen by golden tests."""

from collections.abc import Callable
from functools import lru_cache
from types import ModuleType

from experiments.assignment.digits import hash_of_decimal
from experiments.assignment.fnv import OFFSET, CodeUnits, code_units, walk

BUCKETS = 10_000  # steps of 0.01 %, as in the published hash


def bucket_of(unit_id: str, *, seed: str) -> int:
    """Return the bucket of a unit: an integer in [0, BUCKETS).

    The published GrowthBook hash, version 2, so that every open SDK agrees for ever. Any change
    here reassigns the units of every running experiment.

    >>> bucket_of("v-81", seed="layer-1")
    6679
    """
    return draw(code_units(unit_id), seed_state(seed))


def bucket_of_state(unit_id: str, state: int) -> int:
    """Return the bucket of a unit under a seed that was walked before."""
    return _draw_interpreted(code_units(unit_id), state)


@lru_cache(maxsize=4096)
def seed_state(seed: str) -> int:
    """Return the hash state after the seed: FNV is sequential, so only the id is walked."""
    return walk(OFFSET, code_units(seed))


def _draw_interpreted(units: CodeUnits, state: int) -> int:
    return hash_of_decimal(walk(state, units)) % BUCKETS


# The bucket of an id's code units under a seed's state. Callers read it here each time, since
# `use_kernel` puts another in its place.
draw: Callable[[CodeUnits, int], int] = _draw_interpreted


def compiled_kernel() -> ModuleType | None:
    """Return the compiled kernel, None where numba is not installed; takes a while at first."""
    try:
        from experiments.assignment import kernel
    except ImportError:
        return None
    return kernel


def use_kernel(*, wanted: bool = True) -> bool:
    """Draw single buckets by the compiled kernel from now on, or not; return whether it is so.

    For processes that live long: loading it takes a second or two and some 60 MB.
    """
    global draw
    kernel = compiled_kernel() if wanted else None
    draw = kernel.draw if kernel else _draw_interpreted
    return kernel is not None
