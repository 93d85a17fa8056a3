"""The steps of a run: start, pause, resume, close the enrolment, kill, end, archive."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from experiments.errors import TransitionError
from experiments.lifecycle import Status, next_status
from experiments.models import Experiment
from experiments.services.audit import record_step
from experiments.services.launch import prepare_launch
from experiments.services.locking import lock, lock_configuration
from experiments.services.moves import move, require_under_way
from experiments.services.phases import close_phase
from experiments.services.storable import require_reason


@transaction.atomic
def start_experiment(*, experiment_id: int, actor: str = "", waiver: str = "") -> Experiment:
    """Start or resume an experiment.

    Raises LaunchRefused with every check that failed, or every warning that `waiver`, a reason,
    does not cover.
    """
    experiment = lock(experiment_id)
    next_status(experiment.status, "start")
    lock_configuration()
    noted = {}
    if experiment.status != Status.PAUSED:
        noted = prepare_launch(experiment, actor=actor, waiver=waiver)
    fields = {"started_at": experiment.started_at or timezone.now()}
    return move(experiment, "start", actor=actor, fields=fields, noted=noted)


@transaction.atomic
def pause_experiment(*, experiment_id: int, actor: str = "", reason: str = "") -> Experiment:
    """Pause a running experiment: its units get what the placement serves by default."""
    return move(lock(experiment_id), "pause", actor=actor, reason=reason)


@transaction.atomic
def end_experiment(*, experiment_id: int, actor: str = "", reason: str = "") -> Experiment:
    """End an experiment for good; its buckets are free again."""
    experiment, now = lock(experiment_id), timezone.now()
    move(experiment, "end", actor=actor, reason=reason, fields={"ended_at": now})
    return _close(experiment, now)


@transaction.atomic
def kill_experiment(*, experiment_id: int, actor: str, reason: str) -> Experiment:
    """End an experiment at once because it does harm; the reason is kept, and units are told."""
    why = require_reason(reason, purpose="killing an experiment")
    experiment, now = lock(experiment_id), timezone.now()
    fields = {"ended_at": now, "is_killed": True}
    move(experiment, "kill", actor=actor, reason=why, fields=fields)
    return _close(experiment, now)


def _close(experiment: Experiment, now: datetime) -> Experiment:
    close_phase(experiment, now)
    return experiment


@transaction.atomic
def archive_experiment(*, experiment_id: int, actor: str) -> Experiment:
    """Put an ended experiment away: storefronts hear of it no longer, its report stays."""
    return move(lock(experiment_id), "archive", actor=actor)


@transaction.atomic
def close_enrolment(*, experiment_id: int, actor: str, reason: str = "") -> Experiment:
    """Let no new unit count from now on; those that are in go on being observed.

    Units that come later are served as before, so that nobody's shop changes; they are left out.
    """
    experiment = lock(experiment_id)
    require_under_way(experiment, "close the enrolment of")
    if experiment.enrolment_closed_at is not None:
        raise TransitionError("the enrolment is closed already", hint="It stays closed.")
    experiment.enrolment_closed_at = timezone.now()
    experiment.save(update_fields=["enrolment_closed_at"])
    record_step(
        experiment,
        "close_enrolment",
        actor=actor,
        before={"enrolment_closed_at": None},
        after={"enrolment_closed_at": experiment.enrolment_closed_at},
        reason=reason,
    )
    return experiment
