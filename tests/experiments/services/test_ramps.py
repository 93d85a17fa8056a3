"""Ramps: steps by time, by guardrail and by hand; nobody moves between variants."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from experiments.assignment.assign import decide_experiment
from experiments.assignment.specs import UnitIds, Visit
from experiments.errors import InvalidInput, TransitionError
from experiments.models import Allocation, Change, Experiment, Notice, Site
from experiments.ramping import RampDraft
from experiments.registries import RAMP_GATES, Check
from experiments.services import (
    advance_ramps,
    close_enrolment,
    end_experiment,
    pause_experiment,
    ramp_to,
    set_ramp,
    start_experiment,
)
from experiments.snapshot import compile_experiment
from tests.experiments.sites import a_ready_site, started
from tests.factories import draft_experiment

pytestmark = pytest.mark.django_db
PLAN = [RampDraft(1), RampDraft(5, 2, False), RampDraft(25, 24, True), RampDraft(100, 24, False)]
SHUT = Check("A gate of this test", False, "it is shut", "Open it.", code="test_gate")


@pytest.fixture
def site() -> Site:
    return a_ready_site()


@pytest.fixture
def gate() -> Iterator[list[Check]]:
    """Return what the only gate answers; filled by the test."""
    answers: list[Check] = []
    others = RAMP_GATES[:]
    RAMP_GATES[:] = [lambda _experiment: answers]
    yield answers
    RAMP_GATES[:] = others


def ramped(site: Site) -> Experiment:
    """Return a running experiment of the buckets [0, 4000) with the plan."""
    return started(site, allocation=4000, ramp=PLAN)


def admitted() -> int:
    return Allocation.objects.get().admitted_stop


def pass_hours(hours: float) -> bool:
    return bool(advance_ramps(now=timezone.now() + timedelta(hours=hours)))


def variants_of(experiment: Experiment, units: range) -> dict[int, str]:
    """Return the variants of those units that are in."""
    row = Experiment.objects.get(pk=experiment.pk)
    spec = compile_experiment(row)
    visits = {unit: Visit(UnitIds(visitor_id=f"v-{unit}")) for unit in units}
    found = {unit: decide_experiment(spec, visit).variant for unit, visit in visits.items()}
    return {unit: variant.key for unit, variant in found.items() if variant}


def test_launch__of_a_ramp__opens_its_first_step(site: Site) -> None:
    experiment = ramped(site)

    assert admitted() == 40
    assert [step.applied_at is not None for step in experiment.ramp_steps.all()] == [
        True, False, False, False,
    ]  # fmt: skip


def test_launch__without_a_ramp__opens_everything(site: Site) -> None:
    started(site, allocation=4000)

    assert admitted() == 4000


def test_step__whose_hours_have_passed__is_opened_once_and_recorded(
    site: Site, gate: list[Check]
) -> None:
    ramped(site)

    assert not pass_hours(1.9)
    assert pass_hours(2.1)
    assert not pass_hours(2.1)

    assert admitted() == 200
    change = Change.objects.latest("id")
    assert (change.action, change.actor) == ("ramp", "armature")
    assert change.before == {"percent": 1, "admitted_stop": 40}
    assert change.after == {"percent": 5, "admitted_stop": 200}


def test_step__that_needs_guardrails__waits_while_a_gate_is_shut_and_is_told_once(
    site: Site, gate: list[Check]
) -> None:
    experiment = ramped(site)
    ramp_to(experiment_id=experiment.pk, percent=5, actor="ann")
    gate.append(SHUT)

    assert not pass_hours(25)
    assert not pass_hours(26)

    assert admitted() == 200
    notice = Notice.objects.get(kind="ramp_held")
    assert "A gate of this test: it is shut. Open it." in notice.detail
    gate.clear()
    assert pass_hours(27)
    assert admitted() == 1000
    notice.refresh_from_db()
    assert notice.resolved_at is not None


def test_ramp__paused_or_closed__does_not_advance(site: Site, gate: list[Check]) -> None:
    experiment = ramped(site)
    pause_experiment(experiment_id=experiment.pk)
    assert not pass_hours(100)
    start_experiment(experiment_id=experiment.pk)
    close_enrolment(experiment_id=experiment.pk, actor="ann")
    assert not pass_hours(100)

    assert admitted() == 40


def test_ramp__with_a_gate_that_fails__holds_no_other(site: Site, gate: list[Check]) -> None:
    ramped(site)
    other = started(site, "other", allocation=4000, ramp=[RampDraft(1), RampDraft(50, 1)])

    def fail(experiment: Experiment) -> list[Check]:
        if experiment.pk != other.pk:
            raise RuntimeError("a defect")
        return []

    RAMP_GATES[:] = [fail]
    Experiment.objects.exclude(pk=other.pk).get().ramp_steps.update(needs_guardrails=True)

    assert advance_ramps(now=timezone.now() + timedelta(hours=3)) == [other.pk]


def test_ramp__raised_by_hand__goes_on_from_there(site: Site, gate: list[Check]) -> None:
    experiment = ramped(site)

    ramp_to(experiment_id=experiment.pk, percent=10, actor="ann", reason="all is well")

    assert admitted() == 400
    steps = experiment.ramp_steps.filter(applied_at=None)
    assert list(steps.values_list("percent", flat=True)) == [25, 100]
    change = Change.objects.latest("id")
    assert (change.actor, change.reason, change.after["percent"]) == ("ann", "all is well", 10)


def test_ramp__lowered_by_hand__needs_a_reason_and_does_not_rise_again_by_itself(
    site: Site, gate: list[Check]
) -> None:
    experiment = ramped(site)
    ramp_to(experiment_id=experiment.pk, percent=100, actor="ann")

    with pytest.raises(InvalidInput, match="lowering the share needs a reason"):
        ramp_to(experiment_id=experiment.pk, percent=5, actor="ann")
    ramp_to(experiment_id=experiment.pk, percent=5, actor="ann", reason="too many complaints")

    assert admitted() == 200
    assert not pass_hours(1_000)
    set_ramp(experiment_id=experiment.pk, steps=[RampDraft(50, 3, False)], actor="ann")
    assert not pass_hours(2)
    assert pass_hours(4)
    assert admitted() == 2000


def test_ramp__up_and_down__moves_nobody_between_variants(site: Site) -> None:
    experiment, units = ramped(site), range(20_000)
    seen = [variants_of(experiment, units)]
    for percent in (5, 25, 100, 10):
        ramp_to(experiment_id=experiment.pk, percent=percent, actor="ann", reason="a test")
        seen.append(variants_of(experiment, units))

    at_1, at_5, at_25, at_100, back_at_10 = seen
    assert 0 < len(at_1) < len(at_5) < len(at_25) < len(at_100)
    for smaller in (at_1, at_5, at_25, back_at_10):
        assert {unit: at_100[unit] for unit in smaller} == smaller
    assert len(at_5) < len(back_at_10) < len(at_25)


@pytest.mark.parametrize(
    ("percent", "message"),
    [(0, "0 % asked"), (101, "101 % asked"), (-5, "-5 % asked"), (1, "1 % are open already")],
)
def test_ramp__to_no_share__is_refused(site: Site, percent: int, message: str) -> None:
    experiment = ramped(site)

    with pytest.raises(InvalidInput, match=message):
        ramp_to(experiment_id=experiment.pk, percent=percent, actor="ann", reason="a test")


def test_ramp__of_what_does_not_run__is_refused(site: Site) -> None:
    over = end_experiment(experiment_id=started(site).pk)
    draft = draft_experiment(site, "draft")

    for experiment in (over, draft):
        with pytest.raises(TransitionError, match="cannot ramp an experiment that is"):
            ramp_to(experiment_id=experiment.pk, percent=5, actor="ann")
    with pytest.raises(TransitionError, match="cannot plan the ramp of"):
        set_ramp(experiment_id=over.pk, steps=PLAN, actor="ann")


def test_plan__of_a_draft__raises_its_version(site: Site) -> None:
    draft = draft_experiment(site)

    planned = set_ramp(experiment_id=draft.pk, steps=PLAN, actor="ann")

    assert planned.version == 2
    assert [step.percent for step in planned.ramp_steps.all()] == [1, 5, 25, 100]
    assert Change.objects.latest("id").action == "plan_ramp"


def test_plan__of_what_runs__below_what_is_open__is_refused(site: Site) -> None:
    experiment = ramped(site)
    ramp_to(experiment_id=experiment.pk, percent=25, actor="ann")

    with pytest.raises(InvalidInput, match="a step to 20 % after one at 25 %"):
        set_ramp(experiment_id=experiment.pk, steps=[RampDraft(20)], actor="ann")
