"""This room's exceptions: each carries a code, and the status an endpoint answers with."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class ArmatureError(Exception):
    """Something a caller asked for cannot be done; says what, what was given, and what to do."""

    code = "error"
    status = 400

    def __init__(self, message: str, *, field: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.hint = hint


class InvalidInput(ArmatureError):
    """A value that cannot be used."""

    code = "invalid"


class NotFound(ArmatureError):
    """A thing that does not exist here; lists those that do, where that helps."""

    code = "not_found"
    status = 404

    def __init__(
        self, message: str, *, known: Sequence[str] = (), field: str | None = None
    ) -> None:
        hint = f"Known here: {', '.join(sorted(known)[:20])}." if known else None
        super().__init__(message, field=field, hint=hint)


class TestingRefused(ArmatureError):
    """A test of variants that nobody has met yet, asked by a caller that may not."""

    code = "testing_refused"
    status = 403


class NotAllowed(ArmatureError):
    """Something that needs a role the person does not have."""

    code = "not_allowed"
    status = 403


class TransitionError(ArmatureError):
    """An action that the experiment's status does not allow."""

    code = "wrong_status"
    status = 409


class LaunchRefused(ArmatureError):
    """A launch that a check forbids."""

    code = "launch_refused"
    status = 409


class AllocationError(ArmatureError):
    """Buckets that a layer cannot lend."""

    code = "no_buckets"
    status = 409


class Unavailable(ArmatureError):
    """What the service needs for any answer is away; the caller may come again."""

    code = "unavailable"
    status = 503


class ApprovalMissing(LaunchRefused):
    """A launch of something that nobody else has approved as it now is."""

    code = "approval_missing"


class ApprovalRefused(ArmatureError):
    """An approval by somebody who has made what is to be approved."""

    code = "own_work"
    status = 409


class Difference(NamedTuple):
    """A field that two editors see differently."""

    field: str
    yours: Any
    theirs: Any


class EditConflict(ArmatureError):
    """An edit of a version that somebody else has changed meanwhile.

    `diff`: each field on which the two disagree. `base`: what those fields held in the version
    that the edit began with. `version`: the one to edit now.
    """

    code = "edit_conflict"
    status = 409

    def __init__(
        self, message: str, *, diff: list[Difference], base: Mapping[str, Any], version: int
    ) -> None:
        super().__init__(message, field="version", hint="Read it again, and merge what differs.")
        self.diff = diff
        self.base = base
        self.version = version


class AlreadyDecided(ArmatureError):
    """A second decision about the same experiment."""

    code = "already_decided"
    status = 409


class AddressRefused(InvalidInput):
    """An address outside that this service may not call."""

    code = "address_refused"


class AlreadyFinished(ArmatureError):
    """A change of something that is stored for good."""

    code = "finished"
    status = 409


class TooMany(ArmatureError):
    """One more of something of which enough are under way."""

    code = "too_many"
    status = 429
