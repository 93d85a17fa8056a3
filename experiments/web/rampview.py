"""The ramp as its panel shows it: what is open, what is kept, and what the next step awaits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from experiments.admin.layers import PER_CENT
from experiments.lifecycle import Status
from experiments.models import Allocation, Experiment, RampStep
from experiments.ramping import open_percent
from experiments.registries import Check
from experiments.services.ramps import shut_gates
from experiments.web.moments import moment_text


@dataclass(frozen=True, slots=True)
class StepCard:
    """A step of the ramp; `tone`: done, now, next or later."""

    percent: int
    when: str
    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The next step: what it opens, from when on, and the checks that hold it."""

    percent: int
    due: str
    is_due: bool
    shut: tuple[Check, ...]
    needs_guardrails: bool


@dataclass(frozen=True, slots=True)
class RampView:
    """The experiment's own buckets, how many of them are open, and the plan."""

    n_buckets: int
    share: str
    open_percent: int
    steps: tuple[StepCard, ...]
    waiting: Waiting | None

    @property
    def kept(self) -> int:
        """Return the share that is kept for later, in per cent."""
        return 100 - self.open_percent

    @property
    def words(self) -> str:
        """Return the bar in words."""
        return f"{self.open_percent} % of its {self.n_buckets:,} buckets are open" + (
            f", {self.kept} % are kept for later" if self.kept else ""
        )


def ramp_view(experiment: Experiment, now: datetime) -> RampView | None:
    """Return the ramp of an experiment; None while it has no buckets."""
    row = Allocation.objects.filter(experiment=experiment).first()
    if row is None:
        return None
    steps = list(RampStep.objects.filter(experiment=experiment).order_by("position"))
    waiting = _waiting(experiment, steps, now)
    return RampView(
        n_buckets=row.stop - row.start,
        share=f"{(row.stop - row.start) / PER_CENT:g} %",
        open_percent=open_percent(row.start, row.stop, row.admitted_stop),
        steps=tuple(_cards(experiment, steps)),
        waiting=waiting,
    )


def _waiting(experiment: Experiment, steps: Sequence[RampStep], now: datetime) -> Waiting | None:
    """Return the next step of a ramp that goes on by itself."""
    step = next((each for each in steps if each.applied_at is None), None)
    if step is None or experiment.status != Status.RUNNING or experiment.enrolment_closed_at:
        return None
    due = _due(experiment, steps, step)
    return Waiting(
        percent=step.percent,
        due=moment_text(due, experiment.site) if due else "",
        is_due=due is not None and due <= now,
        shut=tuple(shut_gates(experiment)) if step.needs_guardrails else (),
        needs_guardrails=step.needs_guardrails,
    )


def _due(experiment: Experiment, steps: Sequence[RampStep], step: RampStep) -> datetime | None:
    before = [each.applied_at for each in steps if each.position < step.position]
    since = before[-1] if before else experiment.started_at
    return since + timedelta(hours=step.after_hours) if since else None


def _state_now(experiment: Experiment) -> str:
    return "at the end" if experiment.ended_at else "in force"


def _cards(experiment: Experiment, steps: Sequence[RampStep]) -> list[StepCard]:
    taken = [step for step in steps if step.applied_at is not None]
    ahead = [step for step in steps if step.applied_at is None]
    cards = [
        StepCard(
            step.percent,
            moment_text(step.applied_at, experiment.site) if step.applied_at else "",
            _state_now(experiment) if step is taken[-1] else "done",
            "now" if step is taken[-1] else "done",
        )
        for step in taken
    ]
    for step in ahead:
        is_next = step is ahead[0]
        when = f"{step.after_hours} h after the step before"
        tone = "next" if is_next and not experiment.ended_at else "later"
        state = "not reached" if experiment.ended_at else tone
        cards.append(StepCard(step.percent, when, state, tone))
    return cards
