"""What holds for a million units, whatever else changes around them."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binomtest, chi2_contingency, chisquare

from experiments.assignment.assign import decide_experiment
from experiments.assignment.bulk import CODES, NO_VARIANT, Decisions, decide_units
from experiments.assignment.hashing import BUCKETS
from experiments.assignment.specs import ExperimentSpec, HoldoutSpec, Reason, UnitIds, Visit
from tests.experiments.assignment.specs import a_spec

UNITS = 1_000_000
ROOT = Path(__file__).resolve().parents[3]
SPLITS = [(1, 1), (50, 30, 20), (1, 1, 1, 1, 1, 1, 1), (1, 9998, 1)]
# What another process makes of the same configuration: only a digest comes back.
ELSEWHERE = """
from tests.experiments.assignment.test_invariants import an_experiment, digest_of, ids_of
from experiments.assignment.bulk import decide_units
print(digest_of(decide_units(an_experiment(), ids_of(), compiled={compiled})))
"""


def ids_of(count: int = UNITS) -> NDArray[np.bytes_]:
    """Return ids that look like a shop's; bytes, since they are made fastest."""
    return np.char.add(b"visitor-", np.arange(count).astype("S7"))


@pytest.fixture(scope="module")
def ids() -> NDArray[np.bytes_]:
    return ids_of()


def an_experiment() -> ExperimentSpec:
    held = (HoldoutSpec("shop:held", (0, 500)),)
    return a_spec(weights=(50, 30, 20), allocation=[(1000, 8000)], holdouts=held)


def digest_of(found: Decisions) -> str:
    return hashlib.sha256(found.reasons.tobytes() + found.variants.tobytes()).hexdigest()


def is_independent(one: Decisions, other: Decisions, where: NDArray[np.bool_]) -> bool:
    """Return whether chi-square finds no tie between the variants of the units marked."""
    table = np.zeros((one.variants.max() + 1, other.variants.max() + 1))
    np.add.at(table, (one.variants[where], other.variants[where]), 1)
    return bool(chi2_contingency(table).pvalue > 0.001)


@pytest.mark.slow
def test_million_units__decided_in_other_processes__are_decided_alike(
    ids: NDArray[np.bytes_],
) -> None:
    path = os.pathsep.join([str(ROOT), str(ROOT / "platform")])
    elsewhere = [
        subprocess.run(
            [sys.executable, "-c", ELSEWHERE.format(compiled=compiled)],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for compiled, seed in ((True, "1"), (False, "2"))
    ]

    assert elsewhere == [digest_of(decide_units(an_experiment(), ids))] * 2


@pytest.mark.slow
def test_million_units__decided_one_by_one__are_decided_alike(ids: NDArray[np.bytes_]) -> None:
    spec = an_experiment()
    places = {variant.key: place for place, variant in enumerate(spec.variants)}
    together = decide_units(spec, ids)
    reasons, variants = np.empty(UNITS, np.uint8), np.empty(UNITS, np.int16)

    for row, unit_id in enumerate(ids.astype(np.str_).tolist()):
        decision = decide_experiment(spec, Visit(UnitIds(visitor_id=unit_id)))
        reasons[row] = CODES[decision.reason]
        variants[row] = places[decision.variant.key] if decision.variant else NO_VARIANT

    assert np.array_equal(reasons, together.reasons)
    assert np.array_equal(variants, together.variants)


@pytest.mark.parametrize("weights", SPLITS, ids=str)
def test_million_units__split__fall_as_weighted(
    ids: NDArray[np.bytes_], weights: Sequence[int]
) -> None:
    spec = a_spec("split", weights=weights)
    shares = [(variant.range[1] - variant.range[0]) / BUCKETS for variant in spec.variants]

    counts = np.bincount(decide_units(spec, ids).variants, minlength=len(weights))

    assert counts.sum() == UNITS
    assert 0.001 < chisquare(counts, np.array(shares) * UNITS).pvalue < 0.999


@pytest.mark.parametrize("weights", SPLITS, ids=str)
def test_allocation__raised_from_1_to_100_percent__moves_nobody(
    ids: NDArray[np.bytes_], weights: Sequence[int]
) -> None:
    steps = [
        decide_units(a_spec(weights=weights, allocation=[(0, stop)]), ids)
        for stop in (100, 500, 2500, BUCKETS)
    ]

    for before, after in pairwise(steps):
        inside = before.in_experiment
        assert 0 < inside.sum() < after.in_experiment.sum()
        assert after.in_experiment[inside].all()
        assert (before.variants[inside] != after.variants[inside]).sum() == 0


def test_two_layers__of_one_shop__are_independent(ids: NDArray[np.bytes_]) -> None:
    tenths = a_spec(weights=[1] * 10, seed="layer-1")

    one, other = (decide_units(replace(tenths, seed=seed), ids) for seed in ("layer-1", "layer-2"))

    assert is_independent(one, other, np.ones(UNITS, np.bool_))


@pytest.mark.parametrize("weights", SPLITS[:3], ids=str)
def test_two_experiments__in_different_layers__are_independent(
    ids: NDArray[np.bytes_], weights: Sequence[int]
) -> None:
    one = decide_units(a_spec("one", weights=weights, layer_seed="a"), ids)
    half = a_spec("other", weights=(1, 1), layer_seed="b", allocation=[(0, 5000)])
    other = decide_units(half, ids)

    assert is_independent(one, other, other.in_experiment)
    # Whether a unit is in the other experiment at all says nothing of its variant here either.
    entered = replace(other, variants=other.in_experiment.astype(np.int16))
    assert is_independent(one, entered, np.ones(UNITS, np.bool_))


def test_mutually_exclusive_experiments__share_no_unit_and_leave_none_out(
    ids: NDArray[np.bytes_],
) -> None:
    ranges = [(0, 3334), (3334, 3335), (3335, BUCKETS)]
    inside = [
        decide_units(a_spec(f"test-{start}", allocation=[(start, stop)]), ids).in_experiment
        for start, stop in ranges
    ]

    together = np.sum(inside, axis=0)

    assert (together == 1).all()
    for share, (start, stop) in zip(inside, ranges, strict=True):
        assert binomtest(int(share.sum()), UNITS, (stop - start) / BUCKETS).pvalue > 0.001


def test_holdout__of_5_percent__has_its_share_and_is_the_same_for_every_experiment(
    ids: NDArray[np.bytes_],
) -> None:
    held = (HoldoutSpec("shop:held", (0, 500)),)
    wide = (HoldoutSpec("shop:held", (0, 1000)),)
    one, other = (decide_units(a_spec(key, holdouts=held), ids).reasons for key in ("one", "other"))
    raised = decide_units(a_spec("one", holdouts=wide), ids).reasons
    out = one == CODES[Reason.HOLDOUT]

    assert binomtest(int(out.sum()), UNITS, 0.05).pvalue > 0.001
    assert np.array_equal(out, other == CODES[Reason.HOLDOUT])
    assert (raised[out] == CODES[Reason.HOLDOUT]).all()


def test_holdout__of_whoever_is_not_held__changes_no_variant(ids: NDArray[np.bytes_]) -> None:
    free = decide_units(a_spec(weights=(50, 30, 20)), ids)
    held = (HoldoutSpec("shop:held", (0, 500)),)

    with_holdout = decide_units(a_spec(weights=(50, 30, 20), holdouts=held), ids)

    inside = with_holdout.in_experiment
    assert np.array_equal(free.variants[inside], with_holdout.variants[inside])
    assert is_independent(free, replace(free, variants=inside.astype(np.int16)), free.in_experiment)
