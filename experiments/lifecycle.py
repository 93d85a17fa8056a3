"""The table of an experiment's status transitions, and what may be edited in which status. Pure."""

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


# The database's guards are made from it whenever migrations run: a change here needs a migration,
# an empty one if nothing else changes.
TRANSITIONS: dict[Status, dict[str, Status]] = {
    Status.DRAFT: {
        "submit": Status.REVIEW,
        "schedule": Status.SCHEDULED,
        "start": Status.RUNNING,
    },
    Status.REVIEW: {
        "approve": Status.REVIEW,
        "reject": Status.DRAFT,
        "schedule": Status.SCHEDULED,
        "start": Status.RUNNING,
    },
    Status.SCHEDULED: {"unschedule": Status.DRAFT, "start": Status.RUNNING},
    Status.RUNNING: {"pause": Status.PAUSED, "kill": Status.ENDED, "end": Status.ENDED},
    Status.PAUSED: {"start": Status.RUNNING, "kill": Status.ENDED, "end": Status.ENDED},
    Status.ENDED: {"archive": Status.ARCHIVED},
    Status.ARCHIVED: {},
}


# Whose buckets nobody else in the layer may have; a draft's are only a wish.
HOLDS_BUCKETS = (Status.SCHEDULED, Status.RUNNING, Status.PAUSED)
# Who may still be edited: no unit has met a variant yet.
EDITABLE = (Status.DRAFT, Status.REVIEW, Status.SCHEDULED)
# Whose traffic may be ramped, and who may go on in a new phase.
UNDER_WAY = (Status.RUNNING, Status.PAUSED)

# What decides nothing about who sees what, nor what counts: it may change while units take part.
DURING_RUN = frozenset(
    {"name", "hypothesis", "hypothesis_change", "hypothesis_because", "owner", "ends_at"}
)
# A hypothesis that is written after the result is none.
AFTERWARDS = frozenset({"name", "owner"})


def may_edit(status: str, field: str) -> bool:
    """Return whether a field of an experiment may change in a status.

    >>> may_edit("draft", "window_days"), may_edit("running", "window_days")
    (True, False)
    """
    if status in EDITABLE:
        return True
    if status in UNDER_WAY:
        return field in DURING_RUN
    return status == Status.ENDED and field in AFTERWARDS


def actions(status: str) -> list[str]:
    """Return the actions that a status allows.

    >>> actions("running")
    ['pause', 'kill', 'end']
    """
    return list(TRANSITIONS[Status(status)])


def moves() -> frozenset[tuple[str, str]]:
    """Return every change of status that some action makes, as (from, to)."""
    return frozenset(
        (status.value, target.value)
        for status, targets in TRANSITIONS.items()
        for target in targets.values()
        if target != status
    )


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
