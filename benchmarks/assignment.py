"""A full decision in pure Python beside the released GrowthBook client's, over the same ids.

Both decide one running experiment with two equal variants, every unit eligible, by the same
published hash; before anything is timed they are checked to agree on every id. The baseline is the
client at its fastest, without a layer; beside it stands the client doing all that we do.
"""

import numpy as np
from growthbook import Experiment, GrowthBook
from growthbook.common_types import Filter

from config.bench import Case, Settings
from experiments.assignment.assign import decide_experiment
from experiments.assignment.columns import buckets_of
from experiments.assignment.hashing import BUCKETS, bucket_of
from experiments.assignment.layers import variant_ranges
from experiments.assignment.specs import ExperimentSpec, UnitIds, VariantSpec, Visit

UNITS = 20_000
BULK_UNITS = 200_000
SEED = "benchmark-split"
LAYER_SEED = "benchmark-layer"
KEYS = ("control", "treatment")


def cases(settings: Settings) -> list[Case]:
    """Return the client without a layer (baseline) and with one, our decision, and the hashes."""
    ids = _unit_ids(UNITS, settings.seed)
    bulk = np.array(_unit_ids(BULK_UNITS, settings.seed))
    plain, layered = _peer(has_layer=False), _peer(has_layer=True)
    if not _ours(ids) == _theirs(ids, plain) == _theirs(ids, layered):
        raise AssertionError("the two implementations disagree")
    return [
        Case("growthbook", lambda: len(_theirs(ids, plain)), True, ("growthbook",)),
        Case("growthbook with a layer", lambda: len(_theirs(ids, layered))),
        Case("our full decision", lambda: len(_ours(ids))),
        Case("our bare hash", lambda: len([bucket_of(unit, seed=SEED) for unit in ids])),
        Case("our bulk hash, text array", lambda: len(buckets_of(bulk, seed=SEED))),
    ]


def _unit_ids(count: int, seed: int) -> list[str]:
    numbers = np.random.default_rng(seed).integers(0, 10**12, count)
    return [f"v-{number:012d}" for number in numbers]


def _peer(*, has_layer: bool) -> Experiment:
    layer: list[Filter] = [
        {"seed": LAYER_SEED, "ranges": [(0.0, 1.0)], "hashVersion": 2, "attribute": "id"}
    ]
    return Experiment(
        key="benchmark",
        variations=list(KEYS),
        seed=SEED,
        hashVersion=2,
        ranges=[(start / BUCKETS, stop / BUCKETS) for start, stop in variant_ranges([1, 1])],
        filters=layer if has_layer else None,
    )


def _theirs(ids: list[str], experiment: Experiment) -> list[int]:
    """Return the variant indexes; one instance, attributes set anew, is the client's best way."""
    client = GrowthBook()
    found = []
    for unit in ids:
        client.set_attributes({"id": unit})
        found.append(client.run(experiment).variationId)
    return found


def _ours(ids: list[str]) -> list[int]:
    experiment = _experiment()
    found = []
    for unit in ids:
        variant = decide_experiment(experiment, Visit(UnitIds(visitor_id=unit), {})).variant
        found.append(variant.id if variant else -1)
    return found


def _experiment() -> ExperimentSpec:
    ranges = variant_ranges([1, 1])
    variants = (VariantSpec(index, key, key, ranges[index], {}) for index, key in enumerate(KEYS))
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
    )
