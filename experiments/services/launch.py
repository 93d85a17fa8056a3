"""A launch: what must hold, what is waived, and what is fixed from then on."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from experiments.buckets import free_range
from experiments.errors import ApprovalMissing, LaunchRefused
from experiments.launching import launch_checks, open_warnings
from experiments.models import Experiment, Waiver
from experiments.registries import Check
from experiments.services.phases import begin_phase
from experiments.services.ramps import open_first_step
from experiments.services.traffic import lend
from experiments.services.variants import pin_parameters


def prepare_launch(experiment: Experiment, *, actor: str, waiver: str) -> dict[str, Any]:
    """Raise LaunchRefused unless it may start; then fix buckets, parameters and first phase.

    Returns what the record tells of it: the buckets, those that are open, the waived warnings.
    """
    waived = require_launchable(experiment, actor=actor, waiver=waiver)
    allocation = lend(experiment, *free_range(experiment, experiment.allocation))
    open_first_step(experiment, allocation)
    pin_parameters(experiment)
    begin_phase(experiment, actor=actor)
    experiment.allocation = allocation
    buckets = [allocation.start, allocation.admitted_stop, allocation.stop]
    return {"phase": experiment.phase, "buckets": buckets, **waived}


def require_launchable(experiment: Experiment, *, actor: str, waiver: str) -> dict[str, Any]:
    """Raise LaunchRefused on a hard check that failed, or a warning that nobody waives.

    `waiver`: the reason for which every warning that stands is waived now. Returns what the record
    tells of it.
    Raises ApprovalMissing where the site wants a second person's approval of this very version.
    """
    checks = launch_checks(experiment)
    failed = [check for check in checks if check.is_hard and not check.passed]
    warnings = open_warnings(checks)
    if failed:
        raise _refusal(failed)
    if warnings and not waiver.strip():
        raise _refusal(warnings, remedy="Or waive them, with a reason.")
    _require_approval(experiment)
    return _waive(experiment, warnings, actor=actor, reason=waiver.strip())


def _refusal(checks: Iterable[Check], remedy: str = "") -> LaunchRefused:
    return LaunchRefused(
        "; ".join(f"{check.name}: {check.detail}" for check in checks),
        hint=" ".join([*(check.fix for check in checks), remedy]).strip(),
    )


def _require_approval(experiment: Experiment) -> None:
    if not experiment.site.requires_approval:
        return
    if experiment.approved_version is None:
        raise ApprovalMissing(
            "nobody has approved this experiment",
            hint="Submit it for review: a second person of the site approves it.",
        )
    if experiment.approved_version != experiment.version:
        raise ApprovalMissing(
            f"it was edited after its approval: approved was version {experiment.approved_version},"
            f" this is {experiment.version}",
            hint="Submit it for review again.",
        )


def _waive(
    experiment: Experiment, warnings: list[Check], *, actor: str, reason: str
) -> dict[str, Any]:
    now = timezone.now()
    for check in warnings:
        Waiver.objects.create(
            experiment=experiment, code=check.code, reason=reason, actor=actor, at=now
        )
    codes = [check.code for check in warnings]
    return {"waived": codes, "waiver": reason} if codes else {}
