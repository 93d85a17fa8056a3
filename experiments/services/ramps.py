"""Ramps: the experiment's own buckets are opened step by step, by time, guardrails, or by hand.

Opening more, or less, never changes phase or seed: nobody moves between variants.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from experiments.errors import InvalidInput
from experiments.lifecycle import Status, may_edit
from experiments.models import Allocation, Experiment, RampStep
from experiments.ramping import RampDraft, admitted_stop, open_percent, require_rising
from experiments.registries import RAMP_GATES, Check
from experiments.services.audit import SERVICE, record_step
from experiments.services.describing import apply_edit
from experiments.services.locking import lock, lock_configuration
from experiments.services.moves import require_under_way
from experiments.services.notices import raise_notice, resolve_notice
from experiments.services.storable import require_reason

log = logging.getLogger(__name__)


@transaction.atomic
def set_ramp(*, experiment_id: int, steps: Sequence[RampDraft], actor: str) -> Experiment:
    """Plan the ramp of a draft, or the rest of one that is under way; no step: no ramp.

    Without a ramp all of its buckets are open from the launch on. Raises InvalidInput unless each
    step opens more than the one before it, and than is open now.
    """
    experiment = lock(experiment_id)
    if may_edit(experiment.status, "ramp"):
        change = lambda: write_ramp(experiment, steps)  # noqa: E731 - named by its two uses
    else:
        require_under_way(experiment, "plan the ramp of")
        percent = _open_now(experiment)
        require_rising(steps, above=percent)
        change = lambda: _go_on_from(experiment, percent, steps)  # noqa: E731
    apply_edit(experiment, change, action="plan_ramp", actor=actor)
    return experiment


def write_ramp(experiment: Experiment, steps: Sequence[RampDraft]) -> None:
    """Make these the steps of an experiment that has not started."""
    require_rising(steps)
    experiment.ramp_steps.all().delete()
    _append(experiment, steps, position=0)


def _append(experiment: Experiment, steps: Sequence[RampDraft], *, position: int) -> None:
    RampStep.objects.bulk_create(
        RampStep(
            experiment=experiment,
            position=position + index,
            percent=step.percent,
            after_hours=step.after_hours,
            needs_guardrails=step.needs_guardrails,
        )
        for index, step in enumerate(steps)
    )


def _go_on_from(experiment: Experiment, percent: int, steps: Sequence[RampDraft]) -> None:
    """Put what is open now down as a step taken, from which the others count their hours."""
    experiment.ramp_steps.filter(applied_at=None).delete()
    last = experiment.ramp_steps.order_by("position").last()
    position = last.position + 1 if last else 0
    RampStep.objects.create(
        experiment=experiment, position=position, percent=percent, applied_at=timezone.now()
    )
    _append(experiment, steps, position=position + 1)


def open_first_step(experiment: Experiment, allocation: Allocation) -> None:
    """At the launch: open the first step of a ramp, or everything where there is none."""
    if (step := experiment.ramp_steps.order_by("position").first()) is None:
        return
    _open(allocation, step.percent)
    step.applied_at = timezone.now()
    step.save(update_fields=["applied_at"])


def _open(allocation: Allocation, percent: int) -> None:
    allocation.admitted_stop = admitted_stop(allocation.start, allocation.stop, percent)
    allocation.save(update_fields=["admitted_stop"])


def _open_now(experiment: Experiment) -> int:
    row = Allocation.objects.get(experiment=experiment)
    return open_percent(row.start, row.stop, row.admitted_stop)


@transaction.atomic
def ramp_to(*, experiment_id: int, percent: int, actor: str, reason: str = "") -> Experiment:
    """Open this share of the experiment's own buckets now; return the row.

    Raising it leaves the steps above in the plan, counted from now. Lowering it needs a reason,
    and drops the rest of the plan: what was taken back by hand must not come again by itself.
    """
    experiment = lock(experiment_id)
    require_under_way(experiment, "ramp")
    lock_configuration()
    now_open = _open_now(experiment)
    _require_another_share(experiment, now_open, percent)
    if percent < now_open:
        reason = require_reason(reason, purpose="lowering the share")
    above = [] if percent < now_open else _steps_above(experiment, percent)
    _go_on_from(experiment, percent, above)
    return _opened(experiment, percent, actor=actor, reason=reason)


def _require_another_share(experiment: Experiment, now_open: int, percent: int) -> None:
    if not 1 <= percent <= 100:
        raise InvalidInput(
            f"{percent} % asked; a share is 1 to 100 %",
            field="percent",
            hint="Pause or end it to let nobody in.",
        )
    if percent == now_open:
        raise InvalidInput(f"{percent} % are open already", field="percent")
    if percent > now_open and experiment.enrolment_closed_at is not None:
        raise InvalidInput("the enrolment is closed: nobody new would count", field="percent")


def _steps_above(experiment: Experiment, percent: int) -> list[RampDraft]:
    rows = experiment.ramp_steps.filter(applied_at=None, percent__gt=percent).order_by("position")
    return [RampDraft(row.percent, row.after_hours, row.needs_guardrails) for row in rows]


def _opened(experiment: Experiment, percent: int, *, actor: str, reason: str = "") -> Experiment:
    """Open the share, and put on record what was open and what is."""
    allocation = Allocation.objects.get(experiment=experiment)
    before = {"percent": _open_now(experiment), "admitted_stop": allocation.admitted_stop}
    _open(allocation, percent)
    after = {"percent": percent, "admitted_stop": allocation.admitted_stop}
    record_step(experiment, "ramp", actor=actor, before=before, after=after, reason=reason)
    return experiment


def advance_ramps(*, now: datetime) -> list[int]:
    """Open the next step of every running ramp whose time has come; return the experiments' ids.

    A step that needs guardrails waits while a gate is shut, and people are told once. Running
    twice, or side by side, changes nothing.
    """
    waiting = Experiment.objects.filter(
        status=Status.RUNNING, enrolment_closed_at=None, ramp_steps__applied_at=None,
        ramp_steps__isnull=False,
    )  # fmt: skip
    return [pk for pk in waiting.values_list("pk", flat=True).distinct() if _tried(pk, now)]


def _tried(experiment_id: int, now: datetime) -> bool:
    """Advance one ramp; a defect in one must not hold the others."""
    try:
        return _advance(experiment_id, now)
    except Exception:
        log.exception("ramp not advanced experiment=%d", experiment_id)
        return False


@transaction.atomic
def _advance(experiment_id: int, now: datetime) -> bool:
    experiment = lock(experiment_id)
    step = experiment.ramp_steps.filter(applied_at=None).order_by("position").first()
    if experiment.status != Status.RUNNING or step is None or not _is_due(experiment, step, now):
        return False
    if step.needs_guardrails and (shut := shut_gates(experiment)):
        _tell_held(experiment, step, shut)
        return False
    lock_configuration()
    step.applied_at = now
    step.save(update_fields=["applied_at"])
    _opened(experiment, step.percent, actor=SERVICE, reason="the step was due")
    resolve_notice(site=experiment.site, onset_key=_onset(experiment))
    return True


def _is_due(experiment: Experiment, step: RampStep, now: datetime) -> bool:
    """Return whether the step's hours have passed since the one before it, or the launch."""
    before = experiment.ramp_steps.filter(position__lt=step.position).order_by("position").last()
    since = before.applied_at if before else experiment.started_at
    return since is not None and now >= since + timedelta(hours=step.after_hours)


def shut_gates(experiment: Experiment) -> list[Check]:
    """Return what forbids to open more of the experiment now, each with its reason."""
    return [check for gate in RAMP_GATES for check in gate(experiment) if not check.passed]


def _tell_held(experiment: Experiment, step: RampStep, shut: Sequence[Check]) -> None:
    raise_notice(
        site=experiment.site,
        kind="ramp_held",
        title=f"{experiment.name}: the ramp waits before {step.percent} %"[:200],
        onset_key=_onset(experiment),
        severity="warning",
        detail=" ".join(f"{check.name}: {check.detail}. {check.fix}" for check in shut),
        experiment=experiment,
    )


def _onset(experiment: Experiment) -> str:
    return f"ramp_held:{experiment.pk}"
