"""How long one request may take: looked at between stages, as no stage can be broken off."""

from django.conf import settings

from recommenders.clocks import Spent


class TooSlow(Exception):
    """The time of a request is used up."""


class Budget:
    """The time of one request, from its making on; one that is not timed has no end.

    What is charged is told in `recommenders.clocks`: computing in full, waiting in part.
    """

    __slots__ = ("_began", "_limit_ns")

    def __init__(self, *, is_timed: bool = True) -> None:
        self._began = Spent.now() if is_timed else None
        self._limit_ns = settings.RECOMMEND_BUDGET_MS * 1_000_000

    @property
    def is_over(self) -> bool:
        """Return whether the time is used up."""
        if self._began is None:
            return False
        return self._began.charged_until_now(enough_ns=self._limit_ns) > self._limit_ns

    def check(self) -> None:
        """Raise TooSlow when the time is used up."""
        if self.is_over:
            raise TooSlow

    def leave_out(self, began: Spent) -> None:
        """Do not count what passed since then: opening an artifact, which no fallback is spared."""
        if self._began is not None:
            counted = began.since(self._began)
            self._began = Spent.now().since(counted)
