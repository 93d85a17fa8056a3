"""Warnings of the launch checks that somebody lets be, each with a reason."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from experiments.errors import InvalidInput, NotFound
from experiments.launching import launch_checks
from experiments.lifecycle import EDITABLE
from experiments.models import Experiment, Waiver
from experiments.registries import Check
from experiments.services.audit import NAME_LENGTH, record_step
from experiments.services.locking import lock
from experiments.services.storable import require_reason, require_storable


@transaction.atomic
def waive_check(*, experiment_id: int, code: str, reason: str, actor: str) -> Waiver:
    """Let a warning of an experiment's launch be; a second waiver replaces the first one's reason.

    Raises NotFound on an unknown code, InvalidInput without a reason, on a hard check, on one that
    passed, and once the experiment has started.
    """
    experiment = lock(experiment_id)
    reason = require_reason(reason, purpose="waiving a check")
    require_storable(reason, field="reason")
    check = _waivable(experiment, code)
    before: Mapping[str, Any] = (
        experiment.waivers.filter(code=code).values("reason", "actor").first() or {}
    )
    waiver, _created = Waiver.objects.update_or_create(
        experiment=experiment,
        code=check.code,
        defaults={"reason": reason, "actor": actor[:NAME_LENGTH], "at": timezone.now()},
    )
    after = {"check": code, "reason": reason, "actor": actor}
    record_step(experiment, "waive", actor=actor, before=before, after=after, reason=reason)
    return waiver


def _waivable(experiment: Experiment, code: str) -> Check:
    if experiment.status not in EDITABLE:
        raise InvalidInput(
            f"nothing is left to waive: the experiment is {experiment.status}", field="code"
        )
    checks = launch_checks(experiment)
    check = next((each for each in checks if each.code == code and not each.passed), None)
    if check is None and not any(each.code == code for each in checks):
        raise NotFound(
            f"unknown check {code!r}", known=[each.code for each in checks], field="code"
        )
    if check is None:
        raise InvalidInput(f"the check {code!r} has passed: nothing to waive", field="code")
    if check.is_hard:
        raise InvalidInput(f"{check.name}: this one cannot be waived", field="code", hint=check.fix)
    return check
