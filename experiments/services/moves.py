"""One step of an experiment's life: the status it leads to, and both records of it."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from experiments.errors import TransitionError
from experiments.lifecycle import UNDER_WAY, next_status
from experiments.models import Experiment, StatusChange
from experiments.services.audit import record_step


def move(
    experiment: Experiment,
    action: str,
    *,
    actor: str,
    reason: str = "",
    fields: Mapping[str, Any] | None = None,
    noted: Mapping[str, Any] | None = None,
) -> Experiment:
    """Take a step with a locked experiment and put it on record; return the row.

    `fields`: what else of the row changes. `noted`: what the record tells besides. Raises
    TransitionError when the status does not allow the action.
    """
    came_from, target = experiment.status, next_status(experiment.status, action)
    values = {"status": target.value, **(fields or {})}
    before = {name: getattr(experiment, name) for name in values}
    for name, value in values.items():
        setattr(experiment, name, value)
    experiment.save(update_fields=list(values))
    if target != came_from:
        StatusChange.objects.create(
            experiment=experiment,
            from_status=came_from,
            to_status=target,
            actor=actor,
            reason=reason,
            at=timezone.now(),
        )
    after = {**values, **(noted or {})}
    record_step(experiment, action, actor=actor, before=before, after=after, reason=reason)
    return experiment


def require_under_way(experiment: Experiment, doing: str) -> None:
    """Raise TransitionError unless units may take part; `doing`: "ramp", as in "cannot ramp"."""
    if experiment.status not in UNDER_WAY:
        raise TransitionError(
            f"cannot {doing} an experiment that is {experiment.status}",
            hint="Possible while it runs or is paused.",
        )
