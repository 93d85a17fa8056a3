"""Starts and ends that are set beforehand, and carried out when their time has come."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from experiments.buckets import free_range
from experiments.errors import ArmatureError, InvalidInput
from experiments.lifecycle import UNDER_WAY, Status, next_status
from experiments.models import Experiment
from experiments.services.audit import SERVICE
from experiments.services.launch import require_launchable
from experiments.services.locking import lock, lock_configuration
from experiments.services.moves import move
from experiments.services.notices import raise_notice, resolve_notice
from experiments.services.steps import end_experiment, start_experiment
from experiments.services.traffic import lend

log = logging.getLogger(__name__)


@transaction.atomic
def schedule_experiment(
    *, experiment_id: int, actor: str, starts_at: datetime, waiver: str = ""
) -> Experiment:
    """Set the moment at which the experiment starts by itself; its buckets are kept from now on.

    Raises InvalidInput on a moment that is not ahead, LaunchRefused as a start would now.
    """
    experiment = lock(experiment_id)
    next_status(experiment.status, "schedule")
    _require_ahead(starts_at, experiment.ends_at)
    lock_configuration()
    experiment.starts_at = starts_at  # the checks of dates look at it
    waived = require_launchable(experiment, actor=actor, waiver=waiver)
    lend(experiment, *free_range(experiment, experiment.allocation))
    experiment.starts_at = None
    return move(
        experiment,
        "schedule",
        actor=actor,
        fields={"starts_at": starts_at},
        noted=waived,
    )


def _require_ahead(starts_at: datetime, ends_at: datetime | None) -> None:
    if timezone.is_naive(starts_at):
        raise InvalidInput("a start needs a time zone", field="starts_at")
    if starts_at <= timezone.now():
        raise InvalidInput(
            f"{starts_at.isoformat()} is not ahead", field="starts_at", hint="Or start it now."
        )
    if ends_at is not None and ends_at <= starts_at:
        raise InvalidInput(
            f"it ends at {ends_at.isoformat()}, before it would start", field="starts_at"
        )


@transaction.atomic
def unschedule_experiment(*, experiment_id: int, actor: str) -> Experiment:
    """Take a scheduled experiment back to its draft; its buckets are free for others."""
    experiment = move(lock(experiment_id), "unschedule", actor=actor, fields={"starts_at": None})
    resolve_notice(site=experiment.site, onset_key=_refused(experiment))
    return experiment


def run_schedule(*, now: datetime) -> list[int]:
    """Start what is due and end what is over; return the experiments' ids.

    A launch that is refused stays scheduled, is told once with the reason, and is tried again.
    """
    due = Experiment.objects.filter(status=Status.SCHEDULED, starts_at__lte=now)
    over = Experiment.objects.filter(status__in=UNDER_WAY, ends_at__lte=now)
    return [
        *(row.pk for row in due.select_related("site") if _tried(row, _start)),
        *(row.pk for row in over.select_related("site") if _tried(row, _end)),
    ]


def _tried(experiment: Experiment, step: Callable[[Experiment], None]) -> bool:
    """Take one step; a refusal is told, a defect logged, and neither holds the others."""
    try:
        step(experiment)
    except ArmatureError as error:
        _tell_refused(experiment, error)
    except Exception:
        log.exception("schedule not kept experiment=%d", experiment.pk)
    else:
        resolve_notice(site=experiment.site, onset_key=_refused(experiment))
        return True
    return False


def _start(experiment: Experiment) -> None:
    start_experiment(experiment_id=experiment.pk, actor=SERVICE)


def _end(experiment: Experiment) -> None:
    end_experiment(experiment_id=experiment.pk, actor=SERVICE, reason="its planned end has come")


def _tell_refused(experiment: Experiment, error: ArmatureError) -> None:
    log.warning("scheduled step refused experiment=%d code=%s", experiment.pk, error.code)
    raise_notice(
        site=experiment.site,
        kind="start_refused",
        title=f"{experiment.name}: the scheduled start was refused"[:200],
        onset_key=_refused(experiment),
        severity="alarm",
        detail=f"{error}. {error.hint or ''}".strip(),
        experiment=experiment,
    )


def _refused(experiment: Experiment) -> str:
    return f"start_refused:{experiment.pk}"
