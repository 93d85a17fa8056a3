"""Refusing before it is too much: what is asked for beyond a process's means costs it little.

Lists are never refused here. Events and everything else are, each by a gate of its own that is
narrower than the server's threads, so that some of these are always left for lists.
"""

import logging
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import Error as AnyDatabaseError

from experiments.api.problems import Problem
from experiments.health.counts import waiting_events

log = logging.getLogger(__name__)

WAIT_S = 0.25  # of an event's request: the sender keeps it and comes back
EVENTS_WAIT = 6  # requests at once
PAGE_WAIT_S = 1.0  # of a person, who would only ask again
OTHERS_WAIT = 2
TOLD_EVERY_S = 10.0
ASKED_EVERY_S = 1.0


class Gate:
    """Lets so many through at once; few more wait a moment, the others are refused."""

    def __init__(self, name: str, limit: int, *, queue: int, wait_s: float) -> None:
        self.name = name
        self._wait_s = wait_s
        self.refused = 0
        self._places = threading.Semaphore(limit)
        self._queue = threading.Semaphore(queue)
        self._told_at = 0.0

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Hold a place; raises Problem 503 when none got free in time."""
        if not self._enter():
            self._count()
            raise overloaded()
        try:
            yield
        finally:
            self._places.release()

    def _enter(self) -> bool:
        if self._places.acquire(blocking=False):
            return True
        # Whoever waits holds a thread, so only a few may.
        if not self._queue.acquire(blocking=False):
            return False
        try:
            return self._places.acquire(timeout=self._wait_s)
        finally:
            self._queue.release()

    def _count(self) -> None:
        self.refused += 1
        if time.monotonic() - self._told_at > TOLD_EVERY_S:
            self._told_at = time.monotonic()
            log.warning("requests refused gate=%s total=%d", self.name, self.refused)


class Backlog:
    """Knows, at most a second late, whether more events wait than the installation may owe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._waiting = 0

    def require_room(self) -> None:
        """Raise Problem 503 while more than BACKLOG_EVENTS wait to be applied."""
        if time.monotonic() - self._asked_at >= ASKED_EVERY_S and self._lock.acquire(
            blocking=False
        ):
            try:
                self._ask()
            finally:
                self._lock.release()
        if self._waiting > settings.BACKLOG_EVENTS:
            raise Problem(
                503,
                "backlog",
                f"{self._waiting} accepted events wait to be applied; no more are taken for now",
                hint="Send them again later: none of this request was stored.",
                headers={"Retry-After": str(jittered(30))},
            )

    def forget(self) -> None:
        """Ask anew with the next event."""
        self._asked_at = float("-inf")

    def _ask(self) -> None:
        self._asked_at = time.monotonic()
        try:
            self._waiting = waiting_events()
        except AnyDatabaseError as error:  # then accepting fails too, and says so better
            log.warning("backlog not counted: %s", error)


def jittered(most_s: float) -> int:
    """Return whole seconds within [1, most_s], drawn: refused callers must not return together."""
    return max(1, round(random.uniform(1, max(1.0, most_s))))  # noqa: S311 - hides nothing


def overloaded() -> Problem:
    """Return the refusal of a process that has no place free."""
    return Problem(
        503,
        "overloaded",
        "the service has too much to do at once; send this again",
        hint="Nothing of this request was stored.",
        headers={"Retry-After": str(jittered(5))},
    )


events_gate = Gate("events", settings.EVENTS_IN_FLIGHT, queue=EVENTS_WAIT, wait_s=WAIT_S)
others_gate = Gate("others", settings.OTHERS_IN_FLIGHT, queue=OTHERS_WAIT, wait_s=PAGE_WAIT_S)
backlog = Backlog()


@contextmanager
def room_for_events() -> Iterator[None]:
    """Hold a place for accepting events; raises Problem 503 when there is none."""
    with events_gate.passing():
        backlog.require_room()
        yield
