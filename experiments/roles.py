"""Who may do what: roles, actions, and the table that joins them. Pure."""

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What somebody is in a site."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ANALYST = "analyst"
    APPROVER = "approver"
    ADMIN = "admin"


class Action(StrEnum):
    """What can be done in a site."""

    VIEW = "view"
    EDIT = "edit"  # create, edit, clone, submit, withdraw a draft
    LAUNCH = "launch"  # schedule, start, resume
    RAMP = "ramp"  # ramp, close enrolment, open a new phase
    STOP = "stop"  # pause, kill, end, archive: everybody who runs experiments may stop one
    DECIDE = "decide"
    APPROVE = "approve"  # approve or reject what somebody else has set up
    ANALYSE = "analyse"  # refresh analyses, define metrics, explore, export what units did
    MANAGE = "manage"  # site, keys, layers, placements, holdouts, webhooks, items, recommenders
    PEOPLE = "people"  # who is what in a site
    SUBJECTS = "subjects"  # hand out, and erase, everything held on one visitor or account


ALLOWED: dict[Role, frozenset[Action]] = {
    Role.VIEWER: frozenset({Action.VIEW}),
    Role.ANALYST: frozenset({Action.VIEW, Action.ANALYSE}),
    Role.EDITOR: frozenset(
        {
            Action.VIEW,
            Action.EDIT,
            Action.LAUNCH,
            Action.RAMP,
            Action.STOP,
            Action.DECIDE,
            Action.ANALYSE,
        }
    ),
    Role.APPROVER: frozenset({Action.VIEW, Action.APPROVE, Action.STOP}),
    Role.ADMIN: frozenset(Action),
}


# What a key acts with: approval and people's roles are left to people.
OF_SCOPE: dict[str, frozenset[Action]] = {
    "experiments": frozenset(
        {Action.VIEW, Action.EDIT, Action.LAUNCH, Action.RAMP, Action.STOP, Action.DECIDE}
    ),
    "analyses": frozenset({Action.VIEW, Action.ANALYSE}),
    "items": frozenset({Action.VIEW, Action.MANAGE}),
    "subjects": frozenset({Action.SUBJECTS}),
}
# What a step of an experiment's life asks for, whoever takes it, and wherever.
OF_STEP: dict[str, Action] = {
    "submit": Action.EDIT,
    "approve": Action.APPROVE,
    "reject": Action.APPROVE,
    "schedule": Action.LAUNCH,
    "unschedule": Action.LAUNCH,
    "start": Action.LAUNCH,
    "ramp": Action.RAMP,
    "close-enrolment": Action.RAMP,
    "phase": Action.RAMP,
    "pause": Action.STOP,
    "kill": Action.STOP,
    "end": Action.STOP,
    "archive": Action.STOP,
    "decide": Action.DECIDE,
}


def may(roles: Iterable[str], action: Action) -> bool:
    """Return whether one of the roles allows the action.

    >>> may(["viewer"], Action.VIEW), may(["viewer"], Action.STOP)
    (True, False)
    """
    return any(action in ALLOWED[Role(role)] for role in roles)


def key_may(scopes: Iterable[str], action: Action) -> bool:
    """Return whether a key with these scopes allows the action.

    >>> key_may(["experiments"], Action.STOP), key_may(["experiments"], Action.APPROVE)
    (True, False)
    """
    return any(action in OF_SCOPE.get(scope, ()) for scope in scopes)
