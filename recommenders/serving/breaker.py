"""A recommender that is too slow or fails is left alone for a while, so that nobody waits for it.

Its breaker opens when the 99th percentile of its last answers passes the budget, or when several in
a row do or fail. What fails now and then opens nothing: another answers in its place, and the rest
of its lists are good. Open, it lets nobody through; after a rest it lets one request try (half
open), and closes or opens again by how that one went.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum

log = logging.getLogger(__name__)

WINDOW = 200  # answers looked at
FEWEST = 100  # of fewer a 99th percentile is just the slowest one
IN_A_ROW = 5  # each beyond the budget or failed: no percentile is waited for
REST_S = 30.0


class State(StrEnum):
    """Whether a recommender is asked."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half open"


class Cause(StrEnum):
    """Why a recommender is left alone."""

    SLOW = "too slow"
    FAILING = "failing"


class Breaker:
    """The breaker of one recommender; times in seconds, from a clock that never goes back.

    `cause`: why it is open, of the last answer that spoke against it.
    """

    def __init__(self, changed: Callable[[], None], clock: Callable[[], float]) -> None:
        self.state, self.cause = State.CLOSED, Cause.SLOW
        self._changed, self._clock = changed, clock
        self._lock = threading.Lock()
        self._slow: deque[bool] = deque(maxlen=WINDOW)
        self._count = self._row = 0
        self._since = 0.0

    def allows(self) -> bool:
        """Return whether the recommender may be asked; half open, only the first who comes."""
        if self.state is State.CLOSED:
            return True
        with self._lock:
            # Who was let through may have died on the way: after another rest the next one tries.
            if self._clock() - self._since < REST_S:
                return False
            self._turn(State.HALF_OPEN)
        return True

    def record(self, *, is_slow: bool, has_failed: bool = False) -> None:
        """Take in how an answer went, and open or close by it."""
        is_bad = is_slow or has_failed
        if not is_bad and self.state is State.CLOSED:
            self._note(is_slow, is_bad)
            return
        with self._lock:
            self._note(is_slow, is_bad)
            if is_bad:
                self.cause = Cause.SLOW if is_slow else Cause.FAILING
            if self.state is State.HALF_OPEN:
                self._judge_trial(is_bad)
            elif self.state is State.CLOSED and self._is_to_open():
                self._turn(State.OPEN)

    def _note(self, is_slow: bool, is_bad: bool) -> None:
        self._slow.append(is_slow)
        self._row = self._row + 1 if is_bad else 0

    def _is_to_open(self) -> bool:
        """Return whether several in a row were bad, or more than 1 % are slow: the percentile."""
        if self._row >= IN_A_ROW:
            return True
        return len(self._slow) >= FEWEST and sum(self._slow) > len(self._slow) / 100

    def _judge_trial(self, is_bad: bool) -> None:
        self._slow.clear()
        self._row = 0
        self._turn(State.OPEN if is_bad else State.CLOSED)

    def _turn(self, state: State) -> None:
        self._since = self._clock()
        if state is not self.state:
            self.state = state
            self._changed()


class Breakers:
    """The breakers of this process, by site and key of the recommender.

    `tell`: gets those that are not closed, each with its cause, whenever one changes.
    """

    def __init__(
        self,
        tell: Callable[[dict[tuple[int, str], Cause]], None] = lambda _open: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._told, self._clock = tell, clock
        self._known: dict[tuple[int, str], Breaker] = {}

    def of(self, site_id: int, key: str) -> Breaker:
        """Return the breaker of a recommender."""
        found = self._known.get((site_id, key))
        if found is None:
            found = self._known.setdefault((site_id, key), Breaker(self._tell, self._clock))
        return found

    def open(self) -> dict[tuple[int, str], Cause]:
        """Return why those are left alone that are not closed."""
        known = list(self._known.items())
        return {who: each.cause for who, each in known if each.state is not State.CLOSED}

    def forget(self) -> None:
        """Begin anew, all closed."""
        self._known = {}

    def _tell(self) -> None:
        found = self.open()
        log.warning(
            "breakers changed open=%s", {f"{s}/{key}": why for (s, key), why in found.items()}
        )
        self._told(found)
