"""Exceptions of the analytics room."""


class AnalyticsError(Exception):
    """Base of everything this room refuses; `code` goes into the problem document."""

    code = "analytics_error"


class InvalidInputError(AnalyticsError, ValueError):
    """A caller's mistake, unlike data that merely cannot be judged (that is a Status).

    >>> str(InvalidInputError("alpha must lie in (0, 1), was 2"))
    'invalid_input: alpha must lie in (0, 1), was 2'
    """

    code = "invalid_input"

    def __str__(self) -> str:
        return f"{self.code}: {super().__str__()}"


class TooSlowError(AnalyticsError):
    """A statement that took longer than it may; the message says what gives it more time."""

    code = "too_slow"


class EngineError(AnalyticsError):
    """An engine that cannot be had, or that could not answer a statement."""

    code = "engine_failed"


class DefinitionError(InvalidInputError):
    """A metric's definition that cannot be computed; `field` names the part that is wrong.

    >>> DefinitionError("a whole number is needed, was 'x'", "numerator.where.rank").field
    'numerator.where.rank'
    """

    code = "bad_definition"

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field
