"""This room's exceptions: each carries a code, and the status an endpoint answers with."""

from collections.abc import Sequence


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
