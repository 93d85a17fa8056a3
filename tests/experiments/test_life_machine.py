"""The life of experiments against a plain model: whatever is done, in whatever order, it holds."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from experiments import services
from experiments.errors import (
    AllocationError,
    ApprovalRefused,
    ArmatureError,
    EditConflict,
    InvalidInput,
    LaunchRefused,
    TransitionError,
)
from experiments.lifecycle import Status, moves
from experiments.models import Allocation, Change, Experiment, Phase, Site, StatusChange, Variant
from experiments.services import RampDraft, VariantDraft
from tests.experiments.plain_life import (
    HORIZON_DAYS,
    PlainExperiment,
    PlainStep,
    first_gap,
    free_range,
    held,
)
from tests.factories import a_site

WHY = "a test"
MOST_AT_ONCE = 3
people = st.sampled_from(["ann", "ben", "cem"])
splits = st.sampled_from([(1, 1), (1, 3), (2, 5)])
shares = st.sampled_from([1, 5, 25, 100])
Refusal = type[ArmatureError] | None
Plain = PlainExperiment
experiments: Bundle[Plain] = Bundle("experiments")


def drafts(split: tuple[int, int]) -> list[VariantDraft]:
    """Return a control and a treatment that no recommender serves: their checks are quick."""
    control, treatment = split
    return [
        VariantDraft("control", "Control", control, is_control=True, parameters={"colour": "red"}),
        VariantDraft("treatment", "Treatment", treatment, parameters={"colour": "blue"}),
    ]


class Life(RuleBasedStateMachine):
    """Takes steps with real experiments and with plain ones; every refusal must be foreseen."""

    experiments = experiments

    def __init__(self) -> None:
        super().__init__()
        self.all: list[Plain] = []
        self.seeds: dict[tuple[int, int], str] = {}
        self.hours = 0
        self._undone = transaction.atomic()
        self._undone.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._undone.__exit__(None, None, None)

    @initialize(slug=st.sampled_from(["open", "careful"]))
    def choose_site(self, slug: str) -> None:
        self.site = Site.objects.get(slug=slug)
        self.layer = self.site.layers.get(key="home")
        self.users = {user.username: user for user in User.objects.all()}

    def _try(self, refusal: Refusal, act: Callable[[], object]) -> bool:
        """Do it, or see it refused where that is due; return whether it was done."""
        if refusal is None:
            act()
            return True
        with pytest.raises(refusal), transaction.atomic():
            act()
        return False

    def _step(self, plain: Plain, action: str, step: Callable[..., object], **given: Any) -> bool:
        """Take a step that nothing but the status can forbid."""
        refusal = None if plain.allows(action) else TransitionError
        if done := self._try(refusal, lambda: step(experiment_id=plain.pk, **given)):
            plain.take(action)
        return done

    # ── setting up ──────────────────────────────────────────────────────────────────────────────
    @precondition(lambda self: len(self.all) < MOST_AT_ONCE)
    @rule(target=experiments, actor=people, size=st.sampled_from([1000, 4000, 6000]))
    def create(self, actor: str, size: int) -> Any:
        found = first_gap(held(self.all), size)
        key, made = f"e{len(self.all)}", []
        refusal = AllocationError if found is None else None
        self._try(refusal, lambda: made.append(self._created(key, actor, size)))
        if found is None:
            return multiple()
        careful = self.site.requires_approval
        plain = Plain(made[0].pk, actor, found, careful, name=key, editors={actor})
        self.all.append(plain)
        return plain

    def _created(self, key: str, actor: str, size: int) -> Experiment:
        return services.create_experiment(
            site=self.site,
            key=key,
            name=key,
            layer=self.layer,
            variants=drafts((1, 1)),
            allocation=size,
            created_by=self.users[actor],
        )

    @rule(plain=experiments, actor=people, name=st.sampled_from(["one", "two", "three"]))
    def rename(self, plain: Plain, actor: str, name: str) -> None:
        refusal = InvalidInput if plain.status == Status.ARCHIVED else None
        if self._edit(plain, actor, refusal, name=name) and plain.name != name:
            plain.edited(actor)
            plain.name = name

    @rule(plain=experiments, actor=people, split=splits)
    def reweigh(self, plain: Plain, actor: str, split: tuple[int, int]) -> None:
        refusal = None if plain.is_editable else InvalidInput
        if self._edit(plain, actor, refusal, variants=drafts(split)) and plain.weights != split:
            plain.edited(actor)
            plain.weights = split

    @rule(plain=experiments, actor=people, size=st.sampled_from([1000, 4000, 6000]))
    def resize(self, plain: Plain, actor: str, size: int) -> None:
        gap = first_gap(held(self.all, besides=plain), size)
        refusal: Refusal = None if plain.is_editable else InvalidInput
        if refusal is None and size != plain.size and gap is None:
            refusal = AllocationError
        if self._edit(plain, actor, refusal, allocation=size) and size != plain.size:
            assert gap is not None
            plain.edited(actor)
            plain.range = gap

    @rule(plain=experiments, actor=people)
    def set_an_end(self, plain: Plain, actor: str) -> None:
        if plain.status == Status.SCHEDULED:
            return  # what a scheduled start then warns of is the checks' subject
        can_end = plain.is_editable or plain.is_under_way
        end = timezone.now() + timedelta(days=HORIZON_DAYS)
        if self._edit(plain, actor, None if can_end else InvalidInput, ends_at=end):
            plain.edited(actor)
            plain.has_end = True

    def _edit(self, plain: Plain, actor: str, refusal: Refusal, **changes: Any) -> bool:
        return self._try(
            refusal,
            lambda: services.edit_experiment(
                experiment_id=plain.pk, actor=actor, version=plain.version, changes=changes
            ),
        )

    @rule(plain=experiments, pair=st.permutations(["ann", "ben", "cem"]))
    def edit_at_once(self, plain: Plain, pair: list[str]) -> None:
        """Two people edit the version that both have read: the second one is told, not obeyed."""
        read = plain.version
        if plain.status == Status.ARCHIVED:
            return
        theirs, yours = f"by {pair[0]} {read}", f"by {pair[1]} {read}"
        assert self._edit(plain, pair[0], None, name=theirs)
        plain.edited(pair[0])
        plain.name = theirs
        with pytest.raises(EditConflict) as conflict, transaction.atomic():
            services.edit_experiment(
                experiment_id=plain.pk, actor=pair[1], version=read, changes={"name": yours}
            )
        assert conflict.value.diff == [("name", yours, theirs)]

    @rule(plain=experiments, actor=people, needs=st.booleans(), first=st.sampled_from([1, 5]))
    def plan_ramp(self, plain: Plain, actor: str, needs: bool, first: int) -> None:
        plan = [RampDraft(first), RampDraft(25, 1, needs), RampDraft(100, 1, False)]
        refusal: Refusal = None
        if not plain.is_editable:
            refusal = TransitionError
            if plain.is_under_way:
                plan = [step for step in plan if step.percent > plain.open_percent]
                refusal = None
        steps = [PlainStep(each.percent, each.needs_guardrails) for each in plan]
        act = lambda: services.set_ramp(experiment_id=plain.pk, steps=plan, actor=actor)  # noqa: E731
        before = [(each.percent, each.needs_guardrails) for each in plain.steps]
        if not self._try(refusal, act):
            return
        if plain.is_under_way:
            taken = [each for each in plain.steps if each.is_applied]
            here = PlainStep(plain.open_percent, True, is_applied=True)
            plain.steps = [*taken, here, *steps]
        else:
            plain.steps = steps
        if before != [(each.percent, each.needs_guardrails) for each in plain.steps]:
            plain.edited(actor)

    # ── a second pair of eyes ───────────────────────────────────────────────────────────────────
    @rule(plain=experiments, actor=people)
    def submit(self, plain: Plain, actor: str) -> None:
        if self._step(plain, "submit", services.submit_experiment, actor=actor):
            plain.submitter = actor

    @rule(plain=experiments, name=people)
    def approve(self, plain: Plain, name: str) -> None:
        refusal: Refusal = None if plain.allows("approve") else TransitionError
        if refusal is None and name in {plain.creator, plain.submitter, *plain.editors}:
            refusal = ApprovalRefused
        user = self.users[name]
        act = lambda: services.approve_experiment(experiment_id=plain.pk, user=user)  # noqa: E731
        if self._try(refusal, act):
            plain.approved = plain.version
            plain.editors.clear()
            plain.take("approve")

    @rule(plain=experiments, actor=people)
    def reject(self, plain: Plain, actor: str) -> None:
        if self._step(plain, "reject", services.reject_experiment, actor=actor, reason=WHY):
            plain.approved = None

    # ── running ─────────────────────────────────────────────────────────────────────────────────
    def _refusal_of_launch(self, plain: Plain, action: str) -> Refusal:
        if not plain.allows(action):
            return TransitionError
        has_room = free_range(plain, self.all) is not None
        return None if has_room and plain.is_approved else LaunchRefused

    @rule(plain=experiments, actor=people)
    def start(self, plain: Plain, actor: str) -> None:
        is_resumed = plain.status == Status.PAUSED
        refusal = None if is_resumed else self._refusal_of_launch(plain, "start")
        free = free_range(plain, self.all)
        act = lambda: services.start_experiment(  # noqa: E731
            experiment_id=plain.pk, actor=actor, waiver=WHY
        )
        if not self._try(refusal, act):
            return
        if is_resumed:
            plain.take("start")
            return
        assert free is not None
        plain.launch(free)

    @rule(plain=experiments, actor=people)
    def start_unwaived(self, plain: Plain, actor: str) -> None:
        """Warnings stop whoever does not waive them, unless they were waived before."""
        if plain.status not in (Status.DRAFT, Status.REVIEW) or plain.was_waived:
            return
        with pytest.raises(LaunchRefused), transaction.atomic():
            services.start_experiment(experiment_id=plain.pk, actor=actor)

    @rule(plain=experiments, actor=people)
    def schedule(self, plain: Plain, actor: str) -> None:
        refusal, free = self._refusal_of_launch(plain, "schedule"), free_range(plain, self.all)
        at = timezone.now() + timedelta(days=1)
        act = lambda: services.schedule_experiment(  # noqa: E731
            experiment_id=plain.pk, actor=actor, starts_at=at, waiver=WHY
        )
        if self._try(refusal, act):
            assert free is not None
            plain.range = free
            plain.was_waived = True
            plain.take("schedule")

    @rule(plain=experiments, actor=people)
    def unschedule(self, plain: Plain, actor: str) -> None:
        self._step(plain, "unschedule", services.unschedule_experiment, actor=actor)

    @rule()
    def let_days_pass(self) -> None:
        services.run_schedule(now=timezone.now() + timedelta(days=HORIZON_DAYS + 1))
        for plain in self.all:
            if plain.status == Status.SCHEDULED and plain.is_approved:
                plain.launch(plain.range)
            if plain.is_under_way and plain.has_end:
                plain.take("end")

    @rule()
    def let_hours_pass(self) -> None:
        self.hours += 2  # a step counts from the one before it, which was opened on this clock
        services.advance_ramps(now=timezone.now() + timedelta(hours=self.hours))
        for plain in self.all:
            is_ramping = plain.status == Status.RUNNING and not plain.is_closed
            if is_ramping and plain.waiting and not plain.waiting[0].needs_guardrails:
                step = plain.waiting[0]
                step.is_applied = True
                plain.open_percent = step.percent
                plain.records += 1

    @rule(plain=experiments, actor=people)
    def pause(self, plain: Plain, actor: str) -> None:
        self._step(plain, "pause", services.pause_experiment, actor=actor)

    @rule(plain=experiments, actor=people, percent=shares)
    def ramp(self, plain: Plain, actor: str, percent: int) -> None:
        refusal: Refusal = None if plain.is_under_way else TransitionError
        is_higher = percent > plain.open_percent
        if refusal is None and (percent == plain.open_percent or (plain.is_closed and is_higher)):
            refusal = InvalidInput
        act = lambda: services.ramp_to(  # noqa: E731
            experiment_id=plain.pk, percent=percent, actor=actor, reason=WHY
        )
        if self._try(refusal, act):
            plain.ramp(percent)

    @rule(plain=experiments, actor=people, split=splits)
    def open_phase(self, plain: Plain, actor: str, split: tuple[int, int]) -> None:
        refusal: Refusal = None if plain.is_under_way else TransitionError
        if refusal is None and (plain.is_closed or split == plain.weights):
            refusal = InvalidInput
        chosen = dict(zip(("control", "treatment"), split, strict=True))
        act = lambda: services.open_phase(  # noqa: E731
            experiment_id=plain.pk, actor=actor, reason=WHY, weights=chosen
        )
        if self._try(refusal, act):
            plain.edited(actor)
            plain.phase += 1
            plain.weights = split
            plain.launched.append(split)

    @rule(plain=experiments, actor=people)
    def close_enrolment(self, plain: Plain, actor: str) -> None:
        refusal = None if plain.is_under_way and not plain.is_closed else TransitionError
        act = lambda: services.close_enrolment(experiment_id=plain.pk, actor=actor)  # noqa: E731
        if self._try(refusal, act):
            plain.is_closed = True
            plain.records += 1

    @rule(plain=experiments, actor=people)
    def kill(self, plain: Plain, actor: str) -> None:
        if self._step(plain, "kill", services.kill_experiment, actor=actor, reason=WHY):
            plain.is_killed = True

    @rule(plain=experiments, actor=people)
    def end(self, plain: Plain, actor: str) -> None:
        self._step(plain, "end", services.end_experiment, actor=actor)

    @rule(plain=experiments, actor=people)
    def archive(self, plain: Plain, actor: str) -> None:
        self._step(plain, "archive", services.archive_experiment, actor=actor)

    # ── what always holds ───────────────────────────────────────────────────────────────────────
    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        if not self.all:
            return
        self._check_rows()
        self._check_weights()
        self._check_buckets()
        self._check_records()
        self._check_phases()

    def _check_rows(self) -> None:
        fields = ("status", "version", "phase", "approved_version", "is_killed", "name")
        rows = {row["pk"]: row for row in Experiment.objects.values("pk", "seed", *fields)}
        for plain in self.all:
            row = rows[plain.pk]
            assert tuple(row[name] for name in fields) == (
                plain.status,
                plain.version,
                plain.phase,
                plain.approved,
                plain.is_killed,
                plain.name,
            )
            # A seed stays with its phase, and no two phases share one.
            assert self.seeds.setdefault((plain.pk, plain.phase), row["seed"]) == row["seed"]
        assert len(set(self.seeds.values())) == len(self.seeds)

    def _check_weights(self) -> None:
        """There is one control, and weights are those of the phase."""
        rows = Variant.objects.order_by("position")
        found = _by_experiment(rows.values_list("experiment_id", "is_control", "weight"))
        for plain in self.all:
            control, treatment = plain.weights
            assert found[plain.pk] == [(True, control), (False, treatment)]

    def _check_buckets(self) -> None:
        """Holders never overlap, and admit units of their own buckets alone."""
        rows = Allocation.objects.values_list("experiment_id", "start", "admitted_stop", "stop")
        found = _by_experiment(rows)
        for plain in self.all:
            [(start, admitted, stop)] = found[plain.pk]
            assert (start, stop) == plain.range
            assert start < admitted <= stop
            if plain.holds_buckets and plain.launched:
                assert admitted == plain.admitted_stop
        taken = sorted(held(self.all))
        assert all(first[1] <= second[0] for first, second in pairwise(taken))

    def _check_records(self) -> None:
        """Every step is in the audit once, and each change of a status follows the one before."""
        counts = Change.objects.values_list("experiment_id").annotate(Count("id"))
        steps = StatusChange.objects.order_by("id")
        found = _by_experiment(steps.values_list("experiment_id", "from_status", "to_status"))
        assert dict(counts) == {plain.pk: plain.records for plain in self.all}
        for plain in self.all:
            pairs = found[plain.pk]
            path = ["draft", *(to for _from, to in pairs)]
            assert len(pairs) == plain.moves
            assert set(pairs) <= moves()
            assert [came_from for came_from, _to in pairs] == path[:-1]
            assert path[-1] == plain.status

    def _check_phases(self) -> None:
        """Phases follow each other, each with a seed and weights of its own."""
        names = ("experiment_id", "number", "seed", "ended_at", "variants")
        found = _by_experiment(Phase.objects.order_by("number").values_list(*names))
        for plain in self.all:
            rows = found[plain.pk]
            numbers = range(1, len(plain.launched) + 1)
            assert [row[:2] for row in rows] == [(n, self.seeds[plain.pk, n]) for n in numbers]
            weights = [tuple(each["weight"] for each in row[3]) for row in rows]
            assert weights == plain.launched
            open_ones = [row[0] for row in rows if row[2] is None]
            assert open_ones == ([plain.phase] if plain.is_under_way else [])


def _by_experiment(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    """Return rows without their first column, by it: the experiment's id."""
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for pk, *row in rows:
        found[pk].append(tuple(row))
    return found


def live(examples: int, steps: int) -> None:
    """Run the machine on two sites, one of which wants approvals."""
    for slug in ("open", "careful"):
        site = a_site(slug)
        Site.objects.filter(pk=site.pk).update(requires_approval=slug == "careful")
    for name in ("ann", "ben", "cem"):
        User.objects.create(username=name)
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Life, settings=profile)


@pytest.mark.django_db
def test_lives__of_any_order_of_steps__are_as_the_model_says() -> None:
    live(examples=25, steps=30)


@pytest.mark.slow
@pytest.mark.django_db
def test_lives__of_500_times_30_steps__are_as_the_model_says() -> None:
    live(examples=500, steps=30)
