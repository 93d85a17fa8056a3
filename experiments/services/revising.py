"""What belongs to a set-up but stands in other tables raises its version and is recorded too."""

from typing import Any

from experiments.models import Experiment
from experiments.services.audit import record_step


def revise(
    experiment: Experiment, what: str, before: Any, after: Any, *, actor: str, reason: str = ""
) -> None:
    """Raise the version and record the change, unless there was none. The row has to be locked.

    Two editors collide on the version here too, and an approval is of what was there before.
    """
    if before == after:
        return
    old = {what: before, "version": experiment.version}
    experiment.version += 1
    experiment.save(update_fields=["version"])
    new = {what: after, "version": experiment.version}
    record_step(experiment, "edit", actor=actor, before=old, after=new, reason=reason)
