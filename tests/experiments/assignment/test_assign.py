"""One decision: every reason the code can give, and who decides a placement."""

from typing import Any

import pytest

from experiments.assignment.assign import decide_experiment, decide_placement
from experiments.assignment.hashing import bucket_of
from experiments.assignment.specs import HoldoutSpec, Reason, UnitIds, Visit
from experiments.lifecycle import Status
from tests.experiments.assignment.specs import a_placement, a_spec

LAYER = "layer:home"
VISITOR = UnitIds(visitor_id="v-81", session_id="s-4")
BUCKET = bucket_of("v-81", seed=LAYER)
HOLDING = [(BUCKET, BUCKET + 1)]
MISSING = [(0, BUCKET), (BUCKET + 1, 10_000)]
HELD_OUT = HoldoutSpec("holdout", (0, 10_000))


@pytest.mark.parametrize(
    ("fields", "consent", "expected"),
    [
        ({}, True, Reason.SPLIT),
        ({"allocation": HOLDING}, True, Reason.SPLIT),
        ({"condition": {"country": "DE"}}, True, Reason.SPLIT),
        ({"unit_type": "session"}, True, Reason.SPLIT),
        ({"status": "running"}, False, Reason.NO_CONSENT),
        ({"status": "ended"}, False, Reason.NO_CONSENT),
        ({"status": "draft"}, True, Reason.NOT_STARTED),
        ({"status": "review"}, True, Reason.NOT_STARTED),
        ({"status": "scheduled"}, True, Reason.NOT_STARTED),
        ({"status": "a status of later"}, True, Reason.NOT_STARTED),
        ({"variants": ()}, True, Reason.NOT_STARTED),
        ({"status": "ended"}, True, Reason.ENDED),
        ({"status": "archived"}, True, Reason.ENDED),
        ({"status": "ended", "unit_type": "account"}, True, Reason.ENDED),
        ({"unit_type": "account"}, True, Reason.NO_UNIT),
        ({"status": "paused", "unit_type": "account"}, True, Reason.NO_UNIT),
        ({"allocation": MISSING}, True, Reason.NOT_IN_LAYER),
        ({"allocation": ()}, True, Reason.NOT_IN_LAYER),
        ({"allocation": MISSING, "status": "paused"}, True, Reason.NOT_IN_LAYER),
        ({"allocation": HOLDING, "status": "paused"}, True, Reason.PAUSED),
        ({"status": "paused", "condition": {"country": "AT"}}, True, Reason.PAUSED),
        ({"condition": {"country": "AT"}}, True, Reason.NOT_ELIGIBLE),
        ({"condition": {"country": {"$near": 1}}}, True, Reason.NOT_ELIGIBLE),
        ({"condition": {"country": "AT"}, "holdouts": (HELD_OUT,)}, True, Reason.NOT_ELIGIBLE),
        ({"holdouts": (HELD_OUT,)}, True, Reason.HOLDOUT),
        ({"holdouts": (HoldoutSpec("holdout", (0, 0)),)}, True, Reason.SPLIT),
    ],
)
def test_decision__in_each_situation__gives_its_reason(
    fields: dict[str, Any], consent: bool, expected: Reason
) -> None:
    experiment = a_spec(**fields)

    decision = decide_experiment(experiment, Visit(VISITOR, {"country": "DE"}, has_consent=consent))

    assert decision.reason == expected
    assert decision.in_experiment is (expected == Reason.SPLIT)
    assert (decision.variant is not None) is (expected == Reason.SPLIT)
    assert decision.parameters == (decision.variant.parameters if decision.variant else {})


@pytest.mark.parametrize("status", list(Status))
def test_decision__in_each_status__has_a_variant_only_while_running(status: Status) -> None:
    decision = decide_experiment(a_spec(status=status.value), Visit(VISITOR, {}))

    assert decision.in_experiment is (status == Status.RUNNING)


def test_decision__by_unit_type__uses_that_id() -> None:
    units = UnitIds("a-visitor", "an-account", "a-session")

    used = {
        kind: decide_experiment(a_spec(unit_type=kind), Visit(units, {})).unit_id
        for kind in ("visitor", "account", "session")
    }

    assert used == {"visitor": "a-visitor", "account": "an-account", "session": "a-session"}


@pytest.mark.parametrize(("weights", "expected"), [((1,), "v0"), ((1, 9998, 1), "v1")])
def test_decision__almost_everybody_in_one_variant__picks_it(
    weights: tuple[int, ...], expected: str
) -> None:
    variant = decide_experiment(a_spec(weights=weights), Visit(VISITOR, {})).variant

    assert variant is not None
    assert variant.key == expected


def test_placement__without_experiments__serves_its_own_parameters() -> None:
    decision = decide_placement(a_placement(), Visit(VISITOR, {}))

    assert decision.reason == Reason.NO_EXPERIMENT
    assert decision.parameters == {"shows": "default"}
    assert decision.experiment_key is None
    assert not decision.in_experiment


def test_placement__two_experiments__the_one_that_holds_the_unit_decides() -> None:
    first = a_spec("first", allocation=MISSING)
    second = a_spec("second", allocation=HOLDING)

    decision = decide_placement(a_placement(first, second), Visit(VISITOR, {}))

    assert decision.experiment_key == "second"
    assert decision.in_experiment


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"allocation": MISSING}, {"allocation": MISSING}, ("first", Reason.NOT_IN_LAYER)),
        (
            {"allocation": MISSING, "status": "paused"},
            {"allocation": HOLDING, "condition": {"plan": "member"}},
            ("second", Reason.NOT_ELIGIBLE),
        ),
        (
            {"allocation": HOLDING, "status": "paused"},
            {"allocation": MISSING},
            ("first", Reason.PAUSED),
        ),
        (
            {"allocation": HOLDING, "condition": {"plan": "member"}},
            {"allocation": HOLDING, "holdouts": (HELD_OUT,)},
            ("first", Reason.NOT_ELIGIBLE),
        ),
    ],
)
def test_placement__nobody_decides__reason_is_of_the_experiment_that_holds_the_unit(
    first: dict[str, Any], second: dict[str, Any], expected: tuple[str, Reason]
) -> None:
    placement = a_placement(a_spec("first", **first), a_spec("second", **second))

    decision = decide_placement(placement, Visit(VISITOR, {}))

    assert (decision.experiment_key, decision.reason) == expected
    assert decision.variant is None
    assert decision.parameters == {"shows": "default"}


def test_placement__no_consent__serves_its_own_parameters() -> None:
    decision = decide_placement(a_placement(a_spec()), Visit(VISITOR, {}, has_consent=False))

    assert decision.reason == Reason.NO_CONSENT
    assert decision.parameters == {"shows": "default"}


def test_placement__any_unit__is_decided_by_at_most_one_experiment() -> None:
    placement = a_placement(
        a_spec("first", allocation=[(0, 3000)]),
        a_spec("second", allocation=[(3000, 4000), (9000, 10_000)]),
        a_spec("third", allocation=[(4000, 9000)]),
    )
    for number in range(2000):
        unit = UnitIds(visitor_id=f"visitor-{number}")
        entered = [
            experiment.key
            for experiment in placement.experiments
            if decide_experiment(experiment, Visit(unit, {})).in_experiment
        ]

        assert entered == [decide_placement(placement, Visit(unit, {})).experiment_key]
