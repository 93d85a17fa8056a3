"""The short cuts to the hash, by table and compiled, against the hash walked step by step."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.assignment import hashing
from experiments.assignment.digits import TAIL, hash_of_decimal, hashes_of_decimals
from experiments.assignment.fnv import MASK, code_units, fnv32a
from experiments.assignment.hashing import BUCKETS, bucket_of, compiled_kernel, seed_state

ROOT = Path(__file__).resolve().parents[3]
EDGES = [0, 9, 10, 99, TAIL - 1, TAIL, TAIL + 1, 10**9 - 1, 10**9, MASK - 1, MASK]
# numba is taken away before anything asks for it.
WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
from experiments.assignment import hashing
from experiments.assignment.columns import buckets_of
one, many = hashing.bucket_of("v-81", seed="layer-1"), buckets_of(["v-81"], seed="s")
print(hashing.use_kernel(), one, many)
"""
texts = st.text(st.characters(), max_size=40)


@pytest.fixture
def _kernel() -> Iterator[None]:
    assert hashing.use_kernel()
    yield
    hashing.use_kernel(wanted=False)


def walked(unit_id: str, seed: str) -> int:
    """Return a bucket by the definition, without any short cut."""
    return fnv32a(str(fnv32a(seed + unit_id))) % BUCKETS


@given(number=st.integers(0, MASK) | st.sampled_from(EDGES))
def test_digits__of_any_hash__are_walked_by_table_as_one_by_one(number: int) -> None:
    assert hash_of_decimal(number) == fnv32a(str(number))


def test_digits__of_many_hashes__are_walked_by_table_as_one_by_one() -> None:
    chance = np.random.default_rng(5)
    numbers = np.concatenate(
        [chance.integers(0, MASK, 20_000), chance.integers(0, 3 * TAIL, 5000), EDGES]
    ).astype(np.uint32)

    assert hashes_of_decimals(numbers).tolist() == [fnv32a(str(number)) for number in numbers]


@given(unit=texts, seed=texts)
def test_bucket__of_any_text__is_the_one_by_definition(unit: str, seed: str) -> None:
    assert bucket_of(unit, seed=seed) == walked(unit, seed)


@settings(deadline=None)  # the kernel may be compiled meanwhile
@given(unit=texts, seed=texts)
def test_kernel__draws_any_text__as_by_definition(unit: str, seed: str) -> None:
    kernel = compiled_kernel()

    assert kernel is not None
    assert kernel.draw(code_units(unit), seed_state(seed)) == walked(unit, seed)


@pytest.mark.usefixtures("_kernel")
def test_kernel__in_use__decides_single_units() -> None:
    assert hashing.draw is not hashing._draw_interpreted
    assert bucket_of("v-81", seed="layer-1") == 6679
    assert isinstance(bucket_of("😀", seed="s"), int)


def test_kernel__not_installed__leaves_the_interpreted_hash() -> None:
    said = subprocess.run(
        [sys.executable, "-c", WITHOUT_NUMBA], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert said.split()[:2] == ["False", "6679"]
    assert str(walked("v-81", "s")) in said
