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
