"""The explanation of a decision says what the decision says, and why."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.assignment.assign import decide_experiment
from experiments.assignment.condition.failing import first_failing
from experiments.assignment.explain import Explanation, Verdict, explain_experiment
from experiments.assignment.hashing import bucket_of
from experiments.assignment.specs import (
    ExperimentSpec,
    HoldoutSpec,
    PrerequisiteSpec,
    Reason,
    UnitIds,
    Visit,
)
from tests.experiments.assignment.specs import a_spec

ids = st.sampled_from(["", "v-1", "v-2", "tester", "用户", "a b"])
edges = st.integers(0, 10_000)
ranges = st.tuples(edges, edges).map(lambda pair: (min(pair), max(pair)))
conditions = st.sampled_from(
    [{}, {"age": {"$gte": 18}}, {"$and": [{"age": {"$lt": 40}}]}, {"$or": [{"plan": {"$eq": "x"}}]}]
)
STATUSES = ["draft", "review", "scheduled", "running", "paused", "ended", "archived"]


@st.composite
def experiments(draw: st.DrawFn, number: int = 1, needs: tuple[int, ...] = ()) -> ExperimentSpec:
    """Return an experiment in any state."""
    prerequisites = tuple(
        PrerequisiteSpec(each, f"e{each}", draw(st.frozensets(st.sampled_from(["v0", "v1"]))))
        for each in needs
    )
    holdouts = draw(st.lists(ranges, max_size=2))
    return a_spec(
        f"e{number}",
        id=number,
        weights=draw(st.sampled_from([(1,), (1, 1), (5, 3, 2)])),
        allocation=draw(st.lists(ranges, max_size=2)),
        unit_type=draw(st.sampled_from(["visitor", "account", "session"])),
        fallback_unit_type=draw(st.sampled_from(["", "visitor"])),
        status=draw(st.sampled_from(["running"] * 6 + STATUSES)),
        phase=draw(st.integers(1, 2)),
        condition=draw(conditions),
        holdouts=tuple(HoldoutSpec(f"h{place}", span) for place, span in enumerate(holdouts)),
        overrides=draw(st.dictionaries(ids, st.sampled_from(["v0", "v9"]), max_size=2)),
        prerequisites=prerequisites,
        is_killed=draw(st.sampled_from([False] * 5 + [True])),
        is_sticky=draw(st.booleans()),
        shipped=draw(st.sampled_from(["", "", "v0", "v9"])),
    )


@st.composite
def visits(draw: st.DrawFn) -> Visit:
    """Return a visit of any kind."""
    key = st.sampled_from(["e1", "e2"])
    return Visit(
        units=UnitIds(draw(ids), draw(ids), draw(ids)),
        attributes=draw(
            st.fixed_dictionaries({}, optional={"age": st.integers(0, 60), "plan": st.just("x")})
        ),
        has_consent=draw(st.sampled_from([True] * 5 + [False])),
        is_qa=draw(st.sampled_from([False] * 3 + [True])),
        forced=draw(st.dictionaries(key, st.sampled_from(["v0", "v9"]), max_size=1)),
        kept=draw(st.dictionaries(key, st.tuples(st.integers(1, 2), ids), max_size=1)),
    )


@given(experiments(1, needs=(2, 3)), experiments(2), visits())
def test_explanation__of_any_visit__agrees_with_the_decision(
    experiment: ExperimentSpec, other: ExperimentSpec, visit: Visit
) -> None:
    known = {1: experiment, 2: other}
    decision = decide_experiment(experiment, visit, known)

    found = explain_experiment(experiment, visit, known)

    assert (found.reason, found.variant) == (decision.reason, decision.variant)
    assert (found.unit_type, found.unit_id) == (decision.unit_type, decision.unit_id)
    verdicts = [step.verdict for step in found.steps]
    settled = verdicts.index(Verdict.DECIDED)
    assert found.steps[settled].name == found.decided_by
    assert set(verdicts[:settled]) <= {Verdict.PASSED}
    assert set(verdicts[settled + 1 :]) <= {Verdict.NOT_REACHED}


def explained(visit: Visit, **fields: Any) -> Explanation:
    return explain_experiment(a_spec(**fields), visit)


VISITOR = UnitIds("v-81")


@pytest.mark.parametrize(
    ("fields", "visit", "reason", "step"),
    [
        ({}, Visit(VISITOR, has_consent=False), Reason.NO_CONSENT, "consent"),
        ({}, Visit(VISITOR, forced={"home-test": "v1"}), Reason.OVERRIDE, "link"),
        ({"status": "draft"}, Visit(VISITOR), Reason.NOT_STARTED, "status"),
        ({"is_killed": True}, Visit(VISITOR), Reason.KILLED, "status"),
        ({"status": "ended"}, Visit(VISITOR), Reason.ENDED, "status"),
        ({"status": "ended", "shipped": "v1"}, Visit(VISITOR), Reason.ENDED, "shipped"),
        ({}, Visit(UnitIds()), Reason.NO_UNIT, "unit"),
        ({"overrides": {"v-81": "v1"}}, Visit(VISITOR), Reason.OVERRIDE, "override"),
        ({"allocation": [(0, 1)]}, Visit(VISITOR), Reason.NOT_IN_LAYER, "layer"),
        ({"status": "paused"}, Visit(VISITOR), Reason.PAUSED, "paused"),
        ({"condition": {"a": {"$eq": 1}}}, Visit(VISITOR), Reason.NOT_ELIGIBLE, "eligibility"),
        ({"holdouts": (HoldoutSpec("h", (0, 9999)),)}, Visit(VISITOR), Reason.HOLDOUT, "holdout"),
        (
            {"prerequisites": (PrerequisiteSpec(7, "base", frozenset({"v1"})),)},
            Visit(VISITOR),
            Reason.PREREQUISITE,
            "prerequisite",
        ),
        ({}, Visit(VISITOR), Reason.SPLIT, "variant"),
        ({"status": "draft"}, Visit(VISITOR, is_qa=True), Reason.QA, "variant"),
    ],
)
def test_reason__of_every_kind__names_its_step(
    fields: dict[str, Any], visit: Visit, reason: Reason, step: str
) -> None:
    found = explained(visit, **fields)

    assert (found.reason, found.decided_by) == (reason, step)


def test_steps__before_and_after__show_what_they_looked_at() -> None:
    found = explained(
        Visit(VISITOR, {"age": 7, "country": "DE"}),
        condition={"country": {"$eq": "DE"}, "age": {"$type": "number", "$gte": 18}},
    )

    steps = {step.name: step for step in found.steps}
    bucket = bucket_of("v-81", seed="layer:home")
    assert steps["layer"].value == {"bucket": bucket, "ranges": [[0, 10_000]]}
    assert steps["eligibility"].value == {
        "part": {"age": {"$gte": 18}},
        "attribute": "age",
        "found": 7,
    }
    assert steps["eligibility"].detail == "not met: {'age': {'$gte': 18}}; age is 7"
    assert steps["variant"].verdict == Verdict.NOT_REACHED
    assert steps["variant"].value["ranges"] == [[0, 5000], [5000, 10_000]]


@pytest.mark.parametrize(
    ("condition", "part", "path"),
    [
        ({"a": {"$eq": 1}, "b": {"$eq": 2}}, {"b": {"$eq": 2}}, "b"),
        ({"$and": [{"a": {"$eq": 1}}, {"b": {"$gt": 1, "$lt": 0}}]}, {"b": {"$gt": 1}}, "b"),
        ({"$or": [{"b": {"$eq": 1}}]}, {"$or": [{"b": {"$eq": 1}}]}, None),
        ({"$not": {"a": {"$eq": 1}}}, {"$not": {"a": {"$eq": 1}}}, None),
        ({"$nor": [{"a": {"$eq": 1}}]}, {"$nor": [{"a": {"$eq": 1}}]}, None),
        ({"c.d": {"$exists": True}}, {"c.d": {"$exists": True}}, "c.d"),
        ({"$and": 5}, {"$and": 5}, None),
    ],
)
def test_failing_part__of_a_condition__is_the_smallest(
    condition: dict[str, Any], part: dict[str, Any], path: str | None
) -> None:
    found = first_failing(condition, {"a": 1})

    assert found is not None
    assert (found.part, found.path) == (part, path)


def test_failing_part__of_a_condition_that_is_met__is_none() -> None:
    assert first_failing({"a": {"$eq": 1}}, {"a": 1}) is None
    assert first_failing({}, {}) is None
