"""Restarts a worker that lives and applies nothing: progress is watched, not liveness."""

import json
import logging
import threading
import time
import urllib.request
from typing import Any

from config.supervisor import Supervisor

log = logging.getLogger(__name__)

EVERY_S = 10.0
STUCK_S = 60.0  # the oldest batch has waited so long, and for half as long nothing was applied
ANSWER_S = 5.0
LONGEST_S = 600.0  # between two restarts for the same batch


class Watchdog:
    """Asks /readyz, and has the worker for events restarted when it is stuck.

    Stuck is a worker whose oldest batch is too old and stays the same one: while a long backlog is
    being applied the batches change, and restarting would only cost time.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        url: str,
        *,
        every_s: float = EVERY_S,
        stuck_s: float = STUCK_S,
    ) -> None:
        self._supervisor = supervisor
        self._url = url
        self._every_s, self._stuck_s = every_s, stuck_s
        self._judge = Judge(stuck_s)
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self._stop = threading.Event()

    def start(self) -> None:
        """Begin to watch; ends with the process, or when told to."""
        self._thread.start()

    def stop(self) -> None:
        """End, once the question under way is answered."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            events = _asked(self._url)
            if events is not None and self._judge.is_stuck(events, time.monotonic()):
                age_s = events["oldest_age_s"]
                self._supervisor.restart("events", f"a batch has waited {age_s:.0f} s")


class Judge:
    """Decides from one answer after the other whether events are stuck."""

    def __init__(self, stuck_s: float) -> None:
        self._stuck_s = stuck_s
        self._batch: str | None = None
        self._since = 0.0
        self._patience_s = stuck_s / 2

    def is_stuck(self, events: dict[str, Any], now: float) -> bool:
        """Return whether to restart; for the same batch again only after twice the time and more.

        A worker on a busy machine takes long to start, and must not be killed while it does.
        `events`: that part of /readyz; `now`: seconds of a monotonic clock.
        """
        batch, age_s = events.get("oldest_received_at"), events.get("oldest_age_s") or 0.0
        if batch != self._batch:
            self._batch, self._since, self._patience_s = batch, now, self._stuck_s / 2
        if batch is None or age_s <= self._stuck_s or now - self._since < self._patience_s:
            return False
        self._since = now
        self._patience_s = min(2 * max(self._stuck_s, self._patience_s), LONGEST_S)
        return True


def _asked(url: str) -> dict[str, Any] | None:
    """Return what /readyz says of events, None when it does not answer: the web server's matter."""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_S) as answer:  # noqa: S310 - our own server
            events = json.loads(answer.read())["events"]
    except (OSError, ValueError, KeyError) as error:
        log.warning("watchdog got no answer: %s", error)
        return None
    return events if isinstance(events, dict) else None
