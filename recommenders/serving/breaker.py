"""A recommender that is too slow is left alone for a while, so that nobody waits for it.

Its breaker opens when the 99th percentile of its last answers passes the budget, or when several in
a row do. Open, it lets nobody through; after a rest it lets one request try (half open), and closes
or opens again by how long that one took.
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
IN_A_ROW = 5  # each beyond the budget: no percentile is waited for
REST_S = 30.0


class State(StrEnum):
    """Whether a recommender is asked."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half open"


class Breaker:
    """The breaker of one recommender; times in seconds, from a clock that never goes back."""

    def __init__(self, changed: Callable[[], None], clock: Callable[[], float]) -> None:
        self.state = State.CLOSED
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

    def record(self, took_s: float, budget_s: float) -> None:
        """Take in how long an answer took, and open or close by it."""
        slow = took_s > budget_s
        if not slow and self.state is State.CLOSED:
            self._note(False)
            return
        with self._lock:
            self._note(slow)
            if self.state is State.HALF_OPEN:
                self._judge_trial(slow)
            elif self.state is State.CLOSED and self._is_too_slow():
                self._turn(State.OPEN)

    def _note(self, slow: bool) -> None:
        self._slow.append(slow)
        self._row = self._row + 1 if slow else 0

    def _is_too_slow(self) -> bool:
        """Return whether the 99th percentile passes the budget: more than 1 % of answers do."""
        if self._row >= IN_A_ROW:
            return True
        return len(self._slow) >= FEWEST and sum(self._slow) > len(self._slow) / 100

    def _judge_trial(self, slow: bool) -> None:
        self._slow.clear()
        self._row = 0
        self._turn(State.OPEN if slow else State.CLOSED)

    def _turn(self, state: State) -> None:
        self._since = self._clock()
        if state is not self.state:
            self.state = state
            self._changed()


class Breakers:
    """The breakers of this process, by site and key of the recommender.

    `tell`: gets those that are not closed, whenever one changes.
    """

    def __init__(
        self,
        tell: Callable[[dict[tuple[int, str], State]], None] = lambda _open: None,
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

    def open(self) -> dict[tuple[int, str], State]:
        """Return those that are not closed."""
        known = list(self._known.items())
        return {who: each.state for who, each in known if each.state is not State.CLOSED}

    def forget(self) -> None:
        """Begin anew, all closed."""
        self._known = {}

    def _tell(self) -> None:
        found = self.open()
        log.warning(
            "breakers changed open=%s", {f"{s}/{key}": st for (s, key), st in found.items()}
        )
        self._told(found)
