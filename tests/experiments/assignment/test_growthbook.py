"""The released GrowthBook client, given our experiments as its payload, decides as we do."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from growthbook import GrowthBook

from experiments.assignment.assign import decide_experiment, decide_placement
from experiments.assignment.hashing import BUCKETS
from experiments.assignment.specs import Decision, ExperimentSpec, HoldoutSpec, UnitIds, Visit
from tests.experiments.assignment.specs import a_placement, a_spec

IDS = 12_000
ELIGIBLE = {
    "country": {"$in": ["DE", "AT"]},
    "$or": [{"plan": {"$ne": "free"}}, {"age": {"$gte": 40}}],
}
EXPERIMENTS = [
    a_spec("halves"),
    a_spec("uneven", weights=(50, 30, 20), allocation=[(1000, 2500)]),
    a_spec("two-ranges", weights=(1, 9998, 1), allocation=[(0, 700), (5000, 9999)]),
    a_spec("seven", weights=[1] * 7, layer_seed="größe-😀", seed="七"),
    a_spec("eligible", condition=ELIGIBLE, allocation=[(0, 9000)]),
    a_spec("held-out", holdouts=(HoldoutSpec("holdout:site", (0, 500)),), unit_type="account"),
]
DISJOINT = [
    a_spec("first", weights=(3, 1), allocation=[(0, 2000)]),
    a_spec("second", weights=(1, 1, 1), allocation=[(2000, 6000)], condition=ELIGIBLE),
    a_spec("third", allocation=[(6000, 9500)]),
]


def ids() -> list[str]:
    """Return ids of every kind that a shop may have."""
    rng = np.random.default_rng(8)
    kinds = [
        lambda n: f"visitor-{n}",
        lambda n: str(UUID(bytes=rng.bytes(16), version=4)),
        lambda n: f"用户{n}号",
        lambda n: f"👩‍🚀{n}😀",
        lambda n: f"  a name {n} with spaces ",
        lambda n: f"Zoë-{n}é",
        lambda n: f"مستخدم{n}",
        lambda n: str(n),
        lambda n: "".join(map(chr, rng.integers(0x20, 0xD7FF, 1 + n % 20))),
        lambda n: f"{n}\ud83d",
        lambda n: f"{n}/" + "x" * (n % 250),
    ]
    return [kinds[n % len(kinds)](n) for n in range(IDS)]


def fraction_ranges(ranges: Any) -> list[list[float]]:
    return [[start / BUCKETS, stop / BUCKETS] for start, stop in ranges]


def rule(spec: ExperimentSpec) -> dict[str, Any]:
    """Return an experiment as one rule of the published payload."""
    attribute = f"{spec.unit_type}_id"
    filters = [{"seed": spec.layer_seed, "ranges": fraction_ranges(spec.allocation)}]
    for holdout in spec.holdouts:
        start, stop = holdout.range
        outside = [(0, start), (stop, BUCKETS)]
        filters.append({"seed": holdout.seed, "ranges": fraction_ranges(outside)})
    return {
        "key": spec.key,
        "variations": [variant.key for variant in spec.variants],
        "meta": [{"key": variant.key, "name": variant.name} for variant in spec.variants],
        "ranges": fraction_ranges(variant.range for variant in spec.variants),
        "hashAttribute": attribute,
        "hashVersion": 2,
        "seed": spec.seed,
        "phase": str(spec.phase),
        "filters": [{**one, "hashVersion": 2, "attribute": attribute} for one in filters],
        "condition": spec.condition,
    }


@pytest.fixture(scope="module")
def client() -> Iterator[GrowthBook]:
    features = {spec.key: [spec] for spec in EXPERIMENTS} | {"placement": DISJOINT}
    payload = {
        key: {"defaultValue": "default", "rules": [rule(spec) for spec in specs]}
        for key, specs in features.items()
    }
    growthbook = GrowthBook(features=json.loads(json.dumps(payload)))
    yield growthbook
    growthbook.destroy()


def attributes(number: int) -> dict[str, Any]:
    bag: dict[str, Any] = {"country": ("DE", "AT", "FR")[number % 3], "age": number % 80}
    return bag if number % 5 == 0 else {**bag, "plan": ("free", "member")[number % 2]}


def theirs(client: GrowthBook, feature: str, unit: str, bag: dict[str, Any]) -> tuple[Any, Any]:
    client.set_attributes({**bag, "visitor_id": unit, "account_id": unit})
    found = client.eval_feature(feature)
    experiment = found.experiment.key if found.experiment else None
    return experiment, found.value


def ours(decision: Decision) -> tuple[str | None, str]:
    if decision.variant is None:
        return None, "default"
    return decision.experiment_key, decision.variant.key


@pytest.mark.parametrize("spec", EXPERIMENTS, ids=lambda spec: spec.key)
def test_experiment__for_ids_of_every_kind__is_decided_as_by_the_client(
    client: GrowthBook, spec: ExperimentSpec
) -> None:
    seen = set()
    for number, unit in enumerate(ids()):
        bag = attributes(number)
        mine = ours(decide_experiment(spec, Visit(UnitIds(unit, unit), bag)))
        seen.add(mine[1])

        assert mine == theirs(client, spec.key, unit, bag), ascii(unit)
    assert len(seen) >= 2


def test_placement__of_several_experiments__is_decided_as_by_the_client(
    client: GrowthBook,
) -> None:
    placement = a_placement(*DISJOINT)
    seen = set()
    for number, unit in enumerate(ids()):
        bag = attributes(number)
        mine = ours(decide_placement(placement, Visit(UnitIds(unit), bag)))
        seen.add(mine)

        assert mine == theirs(client, "placement", unit, bag), ascii(unit)
    assert len(seen) == 2 + 3 + 2 + 1


def test_missing_id__is_in_no_experiment__for_both(client: GrowthBook) -> None:
    assert ours(decide_experiment(EXPERIMENTS[0], Visit(UnitIds(), {}))) == (None, "default")
    assert theirs(client, "halves", "", {}) == (None, "default")
