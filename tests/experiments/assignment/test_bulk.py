"""Many decisions at once: each the one that is made alone, whatever the ids are given as."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.assignment.assign import decide_experiment
from experiments.assignment.bulk import ABSENT, NO_VARIANT, REASONS, Decisions, decide_units
from experiments.assignment.specs import (
    ExperimentSpec,
    HoldoutSpec,
    PrerequisiteSpec,
    Reason,
    UnitIds,
    Visit,
)
from experiments.errors import InvalidInput
from tests.experiments.assignment.specs import a_spec

texts = st.text(st.characters(), max_size=30)
WEIGHTS = (5000, 3000, 2000)


def alone(
    experiment: ExperimentSpec,
    ids: Sequence[str],
    rows: Sequence[dict[str, Any]] | None = None,
    unit_type: str = "visitor",
    experiments: dict[int, ExperimentSpec] | None = None,
) -> list[tuple[Reason, int]]:
    """Return reason and place of the variant for each unit, one decision after the other."""
    out = []
    for place, unit_id in enumerate(ids):
        visit = Visit(UnitIds(**{f"{unit_type}_id": unit_id}), rows[place] if rows else {})
        decision = decide_experiment(experiment, visit, experiments)
        variant = decision.variant
        out.append((decision.reason, experiment.variants.index(variant) if variant else NO_VARIANT))
    return out


def together(decisions: Decisions) -> list[tuple[Reason, int]]:
    reasons = (REASONS[code] for code in decisions.reasons)
    return list(zip(reasons, decisions.variants.tolist(), strict=True))


def full_spec(**fields: Any) -> ExperimentSpec:
    """Return an experiment with half a layer, two holdouts, a condition and two overrides."""
    given = {
        "weights": WEIGHTS,
        "allocation": [(1000, 5000), (6000, 9000)],
        "holdouts": (HoldoutSpec("held", (0, 1500)), HoldoutSpec("shop", (0, 500))),
        "condition": {"country": {"$in": ["DE", "AT"]}},
        "overrides": {"v-7": "v2", "v-8": "gone", "": "v1"},
    }
    return a_spec(**given | fields)


@pytest.mark.parametrize("compiled", [True, False])
@settings(deadline=None, max_examples=60)
@given(units=st.lists(texts, max_size=40), seed=texts)
def test_units__of_any_text__are_decided_as_alone(
    units: list[str], seed: str, compiled: bool
) -> None:
    spec = full_spec(seed=seed, layer_seed=f"{seed}:layer", condition={})

    assert together(decide_units(spec, units, compiled=compiled)) == alone(spec, units)


@pytest.mark.parametrize("compiled", [True, False])
def test_units__with_attributes__meet_every_reason_as_alone(compiled: bool) -> None:
    ids = [f"v-{number}" for number in range(3000)] + [""]
    countries = [("DE", "AT", "FR", None, ABSENT)[number % 5] for number in range(3001)]
    rows = [{} if each is ABSENT else {"country": each} for each in countries]
    first = a_spec("first", id=7, layer_seed="layer:other")
    second = full_spec(prerequisites=(PrerequisiteSpec(7, "first", frozenset(["v1"])),))

    found = decide_units(
        second,
        ids,
        attributes={"country": countries},
        experiments={7: first, 1: second},
        compiled=compiled,
    )

    assert together(found) == alone(second, ids, rows, experiments={7: first, 1: second})
    assert {REASONS[code] for code in found.reasons} == {
        "SPLIT", "NOT_ELIGIBLE", "NOT_IN_LAYER", "HOLDOUT", "OVERRIDE", "PREREQUISITE", "NO_UNIT",
    }  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "paused"},
        {"status": "scheduled"},
        {"status": "ended"},
        {"status": "ended", "shipped": "v2"},
        {"is_killed": True},
        {"variants": ()},
        {"allocation": ()},
        {"unit_type": "account"},
        {"unit_type": "account", "fallback_unit_type": "visitor"},
        {"prerequisites": (PrerequisiteSpec(99, "gone", frozenset(["v1"])),)},
    ],
    ids=str,
)
def test_units__experiment_in_another_state__are_decided_as_alone(fields: dict[str, Any]) -> None:
    spec = replace(full_spec(condition={}), **fields)
    ids = [f"v-{number}" for number in range(500)] + [""]

    found = decide_units(spec, ids, unit_type="visitor")

    assert together(found) == alone(spec, ids)


def test_prerequisite__of_another_unit_type__lets_nobody_in_as_alone() -> None:
    first = a_spec("first", id=7, unit_type="account")
    second = a_spec("second", prerequisites=(PrerequisiteSpec(7, "first", frozenset(["v1"])),))
    ids = [f"v-{number}" for number in range(100)]

    found = decide_units(second, ids, experiments={7: first})

    assert together(found) == alone(second, ids, experiments={7: first})
    assert {REASONS[code] for code in found.reasons} == {"PREREQUISITE"}


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(
    "make",
    [
        lambda ids: np.array(ids),
        lambda ids: np.array(ids).astype(">U12"),
        lambda ids: np.array(ids + ids)[::2],
        lambda ids: np.array(ids, dtype=object),
        lambda ids: np.array([each.encode() for each in ids]),
        lambda ids: tuple(ids),
    ],
    ids=["text", "other byte order", "every second", "objects", "bytes", "tuple"],
)
@pytest.mark.parametrize("tail", ["", "é", "用户", "😀"])
def test_units__given_as_another_array__are_decided_as_alone(
    make: Any, tail: str, compiled: bool
) -> None:
    ids = [f"v-{number}{tail}" for number in range(600)]
    spec = full_spec(condition={})
    given = make(ids)

    found = decide_units(spec, given, compiled=compiled)

    seen = [each.decode() if isinstance(each, bytes) else str(each) for each in given]
    assert together(found) == alone(spec, seen)


def test_eligibility__given_as_a_mask__stands_for_the_condition() -> None:
    ids = [f"v-{number}" for number in range(400)]
    eligible = np.arange(400) % 3 == 0
    rows = [{"country": "DE" if each else "FR"} for each in eligible]

    found = decide_units(full_spec(), ids, eligible=eligible)

    assert together(found) == alone(full_spec(), ids, rows)


@pytest.mark.parametrize(
    ("ids", "options", "said"),
    [
        (["a", None], {}, "unit ids must be texts"),
        (np.arange(3), {}, "got 1 of int64"),
        (np.array([["a"]]), {}, "got 2 of <U1"),
        (np.array([b"\xff"]), {}, "UTF-8"),
        (["a"], {"attributes": {"country": ["DE", "AT"]}}, "'country' has 2 rows for 1 unit ids"),
        (["a"], {"eligible": np.ones(3, np.bool_)}, "'eligible' has 3 rows for 1 unit ids"),
    ],
)
def test_columns__that_do_not_fit__are_refused(ids: Any, options: Any, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        decide_units(full_spec(), ids, **options)


def test_no_units__give_no_decisions() -> None:
    assert together(decide_units(full_spec(), [])) == []
    assert together(decide_units(full_spec(), np.array([], dtype=np.str_))) == []
