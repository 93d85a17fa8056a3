"""How long one request may take: looked at between stages, as no stage can be broken off."""

import time

from django.conf import settings

NO_LIMIT_MS = 10**9


class TooSlow(Exception):
    """The time of a request is used up."""


class Budget:
    """The time of one request, from its making on; one that is not timed has no end."""

    __slots__ = ("_until",)

    def __init__(self, *, is_timed: bool = True) -> None:
        limit_ms = settings.RECOMMEND_BUDGET_MS if is_timed else NO_LIMIT_MS
        self._until = time.perf_counter_ns() + limit_ms * 1_000_000

    @property
    def is_over(self) -> bool:
        """Return whether the time is used up."""
        return time.perf_counter_ns() > self._until

    def check(self) -> None:
        """Raise TooSlow when the time is used up."""
        if time.perf_counter_ns() > self._until:
            raise TooSlow

    def leave_out(self, nanoseconds: int) -> None:
        """Do not count so much: opening an artifact happens once, and no fallback is quicker."""
        self._until += nanoseconds
