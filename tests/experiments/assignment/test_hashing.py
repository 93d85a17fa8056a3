"""The bucket of a unit, frozen: these values may never change."""

import numpy as np
import pytest
from growthbook.core import fnv1a32, gbhash
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.assignment.columns import buckets_of
from experiments.assignment.fnv import fnv32a
from experiments.assignment.hashing import BUCKETS, bucket_of

SEEDS = ("", "layer-1", "größe-😀")
# Text, its FNV-1a 32, its bucket under each of SEEDS; computed with the released client's hash.
GOLDEN = [
    ("", 2166136261, (2305, 5001, 3618)),
    ("a", 3826002220, (216, 8018, 4767)),
    ("v-81", 2341645047, (3787, 6679, 9431)),
    ("0190e3b2-7c1f-7d3a-9b1e-5f0c2d4e6a88", 1776064550, (4204, 3972, 572)),
    ("kunde mit leerzeichen", 1542954660, (95, 4674, 951)),
    ("Zoë", 2030543767, (6172, 8862, 7028)),
    ("Zoe\u0308", 2603383171, (5615, 8089, 1587)),
    ("用户-42", 1049111761, (836, 2419, 6863)),
    ("пользователь", 2238000502, (1503, 2717, 7085)),
    ("مستخدم", 3042674961, (4605, 4132, 622)),
    ("👩‍🚀", 2204307935, (1682, 5989, 9221)),
    ("😀", 3409036472, (4971, 9348, 1352)),
    ("\ud83d", 931276136, (1547, 9008, 1006)),
    ("\ude00", 75411231, (6325, 2103, 4936)),
    ("a\tb\x01", 2967290770, (5312, 7180, 2978)),
    ("x" * 1200, 3695355013, (5511, 8258, 549)),
    ("é" * 300, 304274017, (377, 7217, 7251)),
]
# Seed, value and fraction as published with GrowthBook's SDK specification (packages/sdk-js/test).
PUBLISHED = [
    ("seed", "a", 0.0505),
    ("seed", "b", 0.2696),
    ("foo", "ab", 0.2575),
    ("foo", "def", 0.2019),
    ("89123klj", "8952klfjas09ujkasdf", 0.124),
    ("90850943850283058242805", "123", 0.7516),
    ("()**(%$##$%#$#", '___)((*":&', 0.0128),
]
# Every code unit there is: basic characters, both halves of pairs alone, and pairs.
texts = st.text(st.characters(), max_size=40)


@pytest.mark.parametrize(("text", "hashed", "buckets"), GOLDEN)
def test_hash__of_a_frozen_text__is_its_golden_value(
    text: str, hashed: int, buckets: tuple[int, ...]
) -> None:
    assert fnv32a(text) == hashed
    assert tuple(bucket_of(text, seed=seed) for seed in SEEDS) == buckets


@pytest.mark.parametrize(("seed", "value", "fraction"), PUBLISHED)
def test_bucket__of_a_published_case__is_the_published_fraction(
    seed: str, value: str, fraction: float
) -> None:
    assert bucket_of(value, seed=seed) / BUCKETS == fraction


@given(seed=texts, unit=texts)
def test_bucket__of_any_text__is_the_released_clients(seed: str, unit: str) -> None:
    theirs = gbhash(seed, unit, 2)

    assert fnv32a(unit) == fnv1a32(unit)
    assert bucket_of(unit, seed=seed) / BUCKETS == theirs


def test_pair_of_surrogates__in_two_parts__is_the_character() -> None:
    assert bucket_of("\ud83d" + "\ude00", seed="s") == bucket_of("😀", seed="s")
    assert bucket_of("\ude00", seed="s\ud83d") == bucket_of("😀", seed="s")


def test_id__composed_and_decomposed__is_two_units() -> None:
    assert bucket_of("é", seed="s") != bucket_of("e\u0301", seed="s")


@settings(deadline=None)  # the kernel may be compiled meanwhile
@given(units=st.lists(texts.filter(lambda text: not text.endswith("\0")), max_size=30), seed=texts)
@pytest.mark.parametrize("compiled", [True, False])
def test_buckets_of__any_texts__equal_bucket_of(
    units: list[str], seed: str, compiled: bool
) -> None:
    together = buckets_of(np.array(units, dtype=np.str_), seed=seed, compiled=compiled)

    assert together.tolist() == [bucket_of(unit, seed=seed) for unit in units]


@pytest.mark.parametrize(
    "units",
    [
        np.array(["a", "bcd", "用户"], dtype=">U5"),
        np.array([f"v-{number}" for number in range(30)])[::3],
        np.array([], dtype=np.str_),
    ],
    ids=["other byte order", "every third", "none"],
)
def test_buckets_of__unusual_array__equal_bucket_of(units: np.ndarray) -> None:
    expected = [bucket_of(str(unit), seed="s") for unit in units]

    assert buckets_of(units, seed="s").tolist() == expected
