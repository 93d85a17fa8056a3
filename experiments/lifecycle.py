"""The table of an experiment's status transitions."""

from enum import StrEnum

from experiments.errors import TransitionError


class Status(StrEnum):
    """Where an experiment stands in its life."""

    DRAFT = "draft"
    REVIEW = "review"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"
    ARCHIVED = "archived"


TRANSITIONS: dict[Status, dict[str, Status]] = {
    Status.DRAFT: {
        "submit": Status.REVIEW,
        "schedule": Status.SCHEDULED,
        "start": Status.RUNNING,
    },
    Status.REVIEW: {
        "reject": Status.DRAFT,
        "schedule": Status.SCHEDULED,
        "start": Status.RUNNING,
    },
    Status.SCHEDULED: {"unschedule": Status.DRAFT, "start": Status.RUNNING},
    Status.RUNNING: {"pause": Status.PAUSED, "end": Status.ENDED},
    Status.PAUSED: {"start": Status.RUNNING, "end": Status.ENDED},
    Status.ENDED: {"archive": Status.ARCHIVED},
    Status.ARCHIVED: {},
}


# Whose buckets nobody else in the layer may have; a draft's are only a wish.
HOLDS_BUCKETS = (Status.SCHEDULED, Status.RUNNING, Status.PAUSED)
# Who may still be edited: no unit has met a variant yet.
EDITABLE = (Status.DRAFT, Status.REVIEW, Status.SCHEDULED)


def actions(status: str) -> list[str]:
    """Return the actions that a status allows.

    >>> actions("running")
    ['pause', 'end']
    """
    return list(TRANSITIONS[Status(status)])


def next_status(status: str, action: str) -> Status:
    """Return the status that an action leads to; raises TransitionError when it is not allowed.

    >>> next_status("draft", "start").value
    'running'
    """
    possible = TRANSITIONS[Status(status)]
    if action not in possible:
        options = ", ".join(possible) or "nothing"
        raise TransitionError(
            f"cannot {action} an experiment that is {status}", hint=f"Possible now: {options}."
        )
    return possible[action]
