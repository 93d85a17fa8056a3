"""A second person looks at an experiment before it is launched."""

from django.contrib.auth.models import User
from django.db import transaction

from experiments.errors import ApprovalRefused
from experiments.lifecycle import next_status
from experiments.models import Change, Experiment
from experiments.services.locking import lock
from experiments.services.moves import move
from experiments.services.storable import require_reason


@transaction.atomic
def submit_experiment(*, experiment_id: int, actor: str) -> Experiment:
    """Ask for somebody's approval of a draft."""
    return move(lock(experiment_id), "submit", actor=actor)


@transaction.atomic
def approve_experiment(*, experiment_id: int, user: User, reason: str = "") -> Experiment:
    """Approve the experiment as it now is; any later edit makes the approval void.

    It stays in review until somebody starts or schedules it. Raises ApprovalRefused to whoever
    created it, last submitted it, or edited it since an approval.
    """
    experiment = lock(experiment_id)
    next_status(experiment.status, "approve")
    name = user.get_username()
    if name in authors_of(experiment):
        raise ApprovalRefused(
            f"{name} has worked on this experiment",
            hint="Somebody else has to approve it: a second pair of eyes is the point.",
        )
    fields = {"approved_by": user, "approved_version": experiment.version}
    return move(experiment, "approve", actor=name, reason=reason, fields=fields)


def authors_of(experiment: Experiment) -> set[str]:
    """Return the names of who created it, last submitted it, or edited it since an approval.

    Not only the last editor: a small edit by somebody else must not free the one before to
    approve what nobody else has looked at.
    """
    creator = experiment.created_by.get_username() if experiment.created_by else ""
    changes = Change.objects.filter(experiment=experiment).order_by("-id")
    approval = changes.filter(action="approve").first()
    edits = changes.filter(after__has_key="version", pk__gt=approval.pk if approval else 0)
    submission = changes.filter(action="submit").first()
    actors = {*edits.values_list("actor", flat=True), submission.actor if submission else ""}
    return {creator, *actors} - {""}


@transaction.atomic
def reject_experiment(*, experiment_id: int, actor: str, reason: str) -> Experiment:
    """Send an experiment back to its draft, with what has to change."""
    why = require_reason(reason, purpose="sending an experiment back")
    fields = {"approved_by": None, "approved_version": None}
    return move(lock(experiment_id), "reject", actor=actor, reason=why, fields=fields)
