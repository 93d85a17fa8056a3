"""The steps of an experiment's life, each recorded with who took it and why."""

from django.db import transaction
from django.utils import timezone

from experiments.errors import LaunchRefused
from experiments.launching import free_range, launch_checks
from experiments.lifecycle import Status, next_status
from experiments.models import Experiment, StatusChange
from experiments.registries import PARAMETER_PINNERS
from experiments.services.drafting import lend
from experiments.services.locking import lock, lock_configuration


@transaction.atomic
def start_experiment(*, experiment_id: int, actor: str = "") -> Experiment:
    """Start or resume an experiment; raises LaunchRefused with every check that failed."""
    experiment = lock(experiment_id)
    target = next_status(experiment.status, "start")
    lock_configuration()
    if experiment.status != Status.PAUSED:
        _prepare_launch(experiment)
    experiment.started_at = experiment.started_at or timezone.now()
    return _move(experiment, target, actor=actor)


def _prepare_launch(experiment: Experiment) -> None:
    """Raise LaunchRefused unless all checks pass; then fix the buckets and the parameters."""
    checks = launch_checks(experiment)
    if failed := [check for check in checks if check.is_hard and not check.passed]:
        raise LaunchRefused(
            "; ".join(f"{check.name}: {check.detail}" for check in failed),
            hint=" ".join(check.fix for check in failed),
        )
    experiment.allocation = lend(experiment, *free_range(experiment, experiment.allocation))
    _pin_parameters(experiment)


def _pin_parameters(experiment: Experiment) -> None:
    """Let other rooms fix what a variant's parameters leave open, such as an artifact's version.

    A variant without parameters takes the placement's, as they are now: what it shows must not
    move with a default that somebody changes during the run.
    """
    default = experiment.placement.parameters if experiment.placement else {}
    for variant in experiment.variants.all():
        parameters = dict(variant.parameters or default)
        for pin in PARAMETER_PINNERS:
            parameters = pin(experiment.site, parameters)
        if parameters != variant.parameters:
            variant.parameters = parameters
            variant.save(update_fields=["parameters"])


@transaction.atomic
def pause_experiment(*, experiment_id: int, actor: str = "", reason: str = "") -> Experiment:
    """Pause a running experiment: its units get what the placement serves by default."""
    experiment = lock(experiment_id)
    return _move(experiment, next_status(experiment.status, "pause"), actor=actor, reason=reason)


@transaction.atomic
def end_experiment(*, experiment_id: int, actor: str = "", reason: str = "") -> Experiment:
    """End an experiment for good; its buckets are free again."""
    experiment = lock(experiment_id)
    target = next_status(experiment.status, "end")
    experiment.ended_at = timezone.now()
    return _move(experiment, target, actor=actor, reason=reason)


def _move(experiment: Experiment, target: str, *, actor: str, reason: str = "") -> Experiment:
    StatusChange.objects.create(
        experiment=experiment,
        from_status=experiment.status,
        to_status=target,
        actor=actor,
        reason=reason,
        at=timezone.now(),
    )
    experiment.status = target
    experiment.save(update_fields=["status", "started_at", "ended_at"])
    return experiment
