"""Full decisions and bulk rates beside the released GrowthBook client and a bare faster hash.

One running experiment with a layer, a holdout of 5 %, a condition and the variants 50/30/20,
decided by the same published hash; before anything is timed, all ways are checked to agree on
each id. The baseline is the client doing all of it. Beside it stands the client at its fastest,
which looks at no layer, holdout or condition, next to our least decision, which still has the
layer. `mmh3 + bisect` is what a hash of another kind would cost at least: two draws and a
search, no reason, no result, other variants.
"""

from bisect import bisect_right
from collections.abc import Callable

import mmh3
import numpy as np
from growthbook import Experiment, GrowthBook
from growthbook.common_types import Filter

from config.bench import Case, Settings
from experiments.assignment import hashing
from experiments.assignment.assign import decide_experiment
from experiments.assignment.bulk import decide_units
from experiments.assignment.hashing import BUCKETS, bucket_of
from experiments.assignment.layers import variant_ranges
from experiments.assignment.specs import (
    ExperimentSpec,
    HoldoutSpec,
    UnitIds,
    VariantSpec,
    Visit,
)
from experiments.assignment.texts import Ids

UNITS = 10_000
BULK_UNITS = 1_000_000
SEED = "benchmark-split"
LAYER_SEED = "benchmark-layer"
HOLDOUT_SEED = "benchmark-holdout"
HELD = 500
PEERS = ("growthbook", "mmh3")
KEYS = ("control", "first", "second")
RANGES = variant_ranges([5000, 3000, 2000])
STOPS = [stop for _start, stop in RANGES]
CONDITION = {"country": {"$in": ["AT", "DE"]}}
ATTRIBUTES = {"country": "DE", "device": "mobile"}


def cases(settings: Settings) -> list[Case]:
    """Return the client whole (baseline) and bare, our decisions two ways, and the bulk rates."""
    ids = _unit_ids(UNITS, settings.seed)
    bulk = _unit_ids(BULK_UNITS, settings.seed)
    array = np.array(bulk)
    bare, whole = _peer(), _peer(is_whole=True)
    least, full = _experiment(), _experiment(is_whole=True)
    _check(_ours(ids, least), _theirs(ids, bare))
    _check(_ours(ids, full), _theirs(ids, whole), _together(ids, full))
    return [
        Case(
            "growthbook: layer, holdout, condition", lambda: len(_theirs(ids, whole)), True, PEERS
        ),
        *_both_ways("our full decision", lambda: len(_ours(ids, full))),
        Case("growthbook: no layer, holdout or condition", lambda: len(_theirs(ids, bare))),
        *_both_ways("our decision without holdout and condition", lambda: len(_ours(ids, least))),
        Case("our bare hash, pure Python", lambda: len([bucket_of(i, seed=SEED) for i in ids])),
        Case("mmh3 + bisect", lambda: len(_murmur(ids))),
        *_bulk("text array", array, full),
        *_bulk("list of strings", bulk, full),
        Case("mmh3 + bisect, list of strings", lambda: len(_murmur(bulk))),
    ]


def _check(*answers: list[int]) -> None:
    if any(answer != answers[0] for answer in answers):
        raise AssertionError("the implementations disagree")


def _both_ways(name: str, run: Callable[[], int]) -> list[Case]:
    """Return the case in pure Python and, where it is installed, with the compiled kernel."""

    def run_compiled() -> int:
        hashing.use_kernel()
        try:
            return run()
        finally:
            hashing.use_kernel(wanted=False)

    cases = [Case(f"{name}, pure Python", run)]
    if hashing.compiled_kernel() is not None:
        cases.append(Case(f"{name}, compiled kernel", run_compiled, False, ("numba",)))
    return cases


def _bulk(name: str, ids: Ids, spec: ExperimentSpec) -> list[Case]:
    """Return full decisions of many units, known to be eligible, by numpy and by the kernel."""
    eligible = np.ones(len(ids), np.bool_)

    def decide(*, compiled: bool) -> int:
        return len(decide_units(spec, ids, eligible=eligible, compiled=compiled).variants)

    cases = [Case(f"our bulk decision, {name}, numpy", lambda: decide(compiled=False))]
    if hashing.compiled_kernel() is not None:
        cases.append(Case(f"our bulk decision, {name}, kernel", lambda: decide(compiled=True)))
    return cases


def _unit_ids(count: int, seed: int) -> list[str]:
    numbers = np.random.default_rng(seed).integers(0, 10**12, count)
    return [f"v-{number:012d}" for number in numbers]


def _peer(*, is_whole: bool = False) -> Experiment:
    layer: Filter = {"seed": LAYER_SEED, "ranges": [(0.0, 1.0)], "hashVersion": 2}
    rest: Filter = {"seed": HOLDOUT_SEED, "ranges": [(HELD / BUCKETS, 1.0)], "hashVersion": 2}
    filters: list[Filter] = [{**each, "attribute": "id"} for each in (layer, rest)]
    return Experiment(
        key="benchmark",
        variations=list(KEYS),
        seed=SEED,
        hashVersion=2,
        ranges=[(start / BUCKETS, stop / BUCKETS) for start, stop in RANGES],
        filters=filters if is_whole else None,
        condition=CONDITION if is_whole else None,
    )


def _theirs(ids: list[str], experiment: Experiment) -> list[int]:
    """Return the variant indexes; one instance, attributes set anew, is the client's best way."""
    client = GrowthBook()
    found = []
    for unit in ids:
        client.set_attributes({"id": unit, **ATTRIBUTES})
        result = client.run(experiment)
        found.append(result.variationId if result.inExperiment else -1)
    return found


def _ours(ids: list[str], experiment: ExperimentSpec) -> list[int]:
    found = []
    for unit in ids:
        visit = Visit(UnitIds(visitor_id=unit), {"id": unit, **ATTRIBUTES})
        variant = decide_experiment(experiment, visit).variant
        found.append(variant.id if variant else -1)
    return found


def _together(ids: Ids, experiment: ExperimentSpec) -> list[int]:
    return decide_units(experiment, ids, eligible=np.ones(len(ids), np.bool_)).variants.tolist()


def _murmur(ids: list[str]) -> list[int]:
    """Return places in the variants by another hash: layer and split, as little as can be."""
    found = []
    for unit in ids:
        layer = mmh3.hash(LAYER_SEED + unit, signed=False) % BUCKETS
        split = mmh3.hash(SEED + unit, signed=False) % BUCKETS
        found.append(bisect_right(STOPS, split) if layer < BUCKETS else -1)
    return found


def _experiment(*, is_whole: bool = False) -> ExperimentSpec:
    variants = (VariantSpec(index, key, key, RANGES[index], {}) for index, key in enumerate(KEYS))
    return ExperimentSpec(
        id=1,
        key="benchmark",
        placement="home",
        unit_type="visitor",
        status="running",
        phase=1,
        seed=SEED,
        layer_seed=LAYER_SEED,
        allocation=((0, BUCKETS),),
        variants=tuple(variants),
        holdouts=(HoldoutSpec(HOLDOUT_SEED, (0, HELD)),) if is_whole else (),
        condition=CONDITION if is_whole else {},
    )
