"""Links that show a variant: nobody counts through one, and what was killed is not shown."""

from experiments.assignment.assign import decide_experiment
from experiments.assignment.explain import explain_experiment
from experiments.assignment.specs import (
    ExperimentSpec,
    PrerequisiteSpec,
    Reason,
    UnitIds,
    Visit,
)
from tests.experiments.assignment.specs import a_spec


def chain() -> dict[int, ExperimentSpec]:
    """Return three experiments, each for the units in v1 of the one before."""
    first = a_spec("first", id=1)
    second = a_spec("second", id=2, prerequisites=(needs(first),))
    return {1: first, 2: second, 3: a_spec("third", id=3, prerequisites=(needs(second),))}


def needs(experiment: ExperimentSpec) -> PrerequisiteSpec:
    return PrerequisiteSpec(experiment.id, experiment.key, frozenset({"v1"}))


def visit_of(number: int, **forced: str) -> Visit:
    return Visit(UnitIds(visitor_id=f"v-{number}"), forced=forced)


def test_link__to_a_killed_experiment__shows_nothing() -> None:
    killed = a_spec("first", status="ended", is_killed=True)
    visit = visit_of(1, first="v1")

    decision, told = decide_experiment(killed, visit), explain_experiment(killed, visit)

    assert (decision.reason, decision.variant) == (Reason.KILLED, None)
    assert (told.reason, told.decided_by) == (Reason.KILLED, "status")
    assert next(step for step in told.steps if step.name == "link").detail == (
        "a link forces v1, which was killed"
    )


def test_link__to_what_another_experiment_builds_on__lets_nobody_count_there() -> None:
    experiments = chain()

    for number in range(40):
        visit = visit_of(number, first="v1")
        decision = decide_experiment(experiments[2], visit, experiments)
        assert (decision.reason, decision.in_experiment) == (Reason.OVERRIDE, False)
        assert decision.variant == decide_experiment(a_spec("second", id=2), visit).variant
        assert explain_experiment(experiments[2], visit, experiments).reason == Reason.OVERRIDE


def test_link__at_the_head_of_a_chain__lets_nobody_count_at_its_end() -> None:
    experiments = chain()

    found = [
        decide_experiment(experiments[3], visit_of(number, first="v1"), experiments)
        for number in range(40)
    ]

    assert {each.reason for each in found} == {Reason.OVERRIDE, Reason.PREREQUISITE}


def test_link__to_an_experiment_beside__leaves_the_unit_a_unit_of_this_one() -> None:
    experiment = a_spec("home-test")

    decision = decide_experiment(experiment, visit_of(1, other="v1"))

    assert decision.reason == Reason.SPLIT
