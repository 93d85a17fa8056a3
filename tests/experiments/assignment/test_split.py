"""How a million units fall: in the weights' shares, independently in each layer, and for good."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, chisquare

from experiments.assignment.assign import decide_experiment
from experiments.assignment.columns import buckets_of
from experiments.assignment.hashing import BUCKETS
from experiments.assignment.layers import variant_ranges
from experiments.assignment.specs import UnitIds, Visit
from tests.experiments.assignment.specs import a_spec

UNITS = 1_000_000


def visitor_ids(numbers: NDArray[np.int64]) -> NDArray[np.str_]:
    return np.char.add("visitor-", numbers.astype(np.str_))


def random_hex(numbers: NDArray[np.int64]) -> NDArray[np.str_]:
    digits = np.random.default_rng(3).integers(0, 16, (len(numbers), 16))
    return np.array(list("0123456789abcdef"))[digits].view("<U16").reshape(-1)


@pytest.mark.parametrize("make_ids", [visitor_ids, random_hex])
def test_million_ids__split_50_30_20__fall_as_weighted(
    make_ids: Callable[[NDArray[np.int64]], NDArray[np.str_]],
) -> None:
    ids = make_ids(np.arange(UNITS))
    stops = [stop for _start, stop in variant_ranges([50, 30, 20])]

    variants = np.searchsorted(stops, buckets_of(ids, seed="home-test:5f1c"), side="right")

    counts = np.bincount(variants, minlength=3)
    assert counts.sum() == UNITS
    assert 0.001 < chisquare(counts, [0.5 * UNITS, 0.3 * UNITS, 0.2 * UNITS]).pvalue < 0.999


def test_million_ids__in_all_buckets__are_spread_evenly() -> None:
    counts = np.bincount(buckets_of(visitor_ids(np.arange(UNITS)), seed="s"), minlength=BUCKETS)

    assert 0.001 < chisquare(counts).pvalue < 0.999


@pytest.mark.parametrize(
    ("one", "other"), [("layer-1", "layer-2"), ("a", "b"), ("shop-home:1f", "home-test:1f")]
)
def test_layers__with_seeds_of_their_own__are_independent(one: str, other: str) -> None:
    ids = visitor_ids(np.arange(100_000))
    tenths = [buckets_of(ids, seed=seed) // (BUCKETS // 10) for seed in (one, other)]

    table = np.zeros((10, 10))
    np.add.at(table, tuple(tenths), 1)

    assert chi2_contingency(table).pvalue > 0.001


def test_allocation__raised__moves_nobody_and_lets_more_in() -> None:
    few = a_spec(weights=(50, 30, 20), allocation=[(2000, 3000)])
    many = a_spec(weights=(50, 30, 20), allocation=[(2000, 7000)])
    units = [UnitIds(visitor_id=f"visitor-{number}") for number in range(20_000)]

    before = [decide_experiment(few, Visit(unit, {})).variant for unit in units]
    after = [decide_experiment(many, Visit(unit, {})).variant for unit in units]

    assert all(now == then for then, now in zip(before, after, strict=True) if then)
    assert 0.08 < sum(v is not None for v in before) / len(units) < 0.12
    assert 0.48 < sum(v is not None for v in after) / len(units) < 0.52


def test_phases__with_seeds_of_their_own__mix_the_variants_anew() -> None:
    ids = visitor_ids(np.arange(100_000))
    first, second = (buckets_of(ids, seed=seed) < 5000 for seed in ("phase-1", "phase-2"))

    moved = float(np.mean(first != second))

    assert 0.49 < moved < 0.51
