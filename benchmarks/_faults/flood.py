"""An open-loop client: what it sends comes when it is due, however the server answers."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from benchmarks._faults.client import BATCH, VISITORS, Answer, Batch, Line

PLACE = b"@@@@@@@@-@@@@"
EVENT = (
    '{"event_id":"%s-4000-8000-%012x","type":"purchase","occurred_at":"%s",'
    '"unit":{"visitor_id":"v-%d"},"value":{"amount":%d,"currency":"EUR"}}'
)


@dataclass(slots=True)
class Flood:
    """What was sent and how it was answered; batches are numbered, their ids follow from that."""

    statuses: Counter[int] = field(default_factory=Counter)
    acknowledged: set[int] = field(default_factory=set)
    unanswered: set[int] = field(default_factory=set)
    without_retry_after: int = 0
    took_s: list[float] = field(default_factory=list)

    def note(self, number: int, answer: Answer) -> None:
        """Keep one answer."""
        self.statuses[answer.status] += 1
        self.took_s.append(answer.took_s)
        if answer.status == 202:
            self.acknowledged.add(number)
        elif answer.status == 0:
            self.unanswered.add(number)
        elif answer.retry_after is None:
            self.without_retry_after += 1

    @property
    def refused(self) -> int:
        """Return how many batches were told to come back."""
        return sum(n for status, n in self.statuses.items() if status not in {0, 202})

    def p95_s(self) -> float:
        """Return the time that 95 of 100 answers took at most."""
        took = sorted(self.took_s)
        return took[int(0.95 * (len(took) - 1))] if took else float("inf")


class Source:
    """Makes batches that differ in their ids only, so that thousands a second can be sent."""

    def __init__(self) -> None:
        now = datetime.now(UTC).isoformat()
        self._amounts = [100 + position for position in range(BATCH)]
        events = [
            EVENT % (PLACE.decode(), position, now, position * 7 % VISITORS, amount)
            for position, amount in enumerate(self._amounts)
        ]
        self._template = f'{{"events":[{",".join(events)}]}}'.encode()
        self._next = 0
        self._lock = threading.Lock()

    def take(self) -> tuple[int, bytes]:
        """Return a new number and the body that belongs to it."""
        with self._lock:
            number = self._next
            self._next += 1
        return number, self._template.replace(PLACE, self._prefix(number).encode())

    def batch(self, number: int, *, is_acknowledged: bool) -> Batch:
        """Return the books of one batch."""
        prefix = self._prefix(number)
        amounts = {f"{prefix}-4000-8000-{p:012x}": a for p, a in enumerate(self._amounts)}
        return Batch(amounts, b"", is_acknowledged)

    @staticmethod
    def _prefix(number: int) -> str:
        text = f"{number:012x}"
        return f"{text[:8]}-{text[8:]}"


def flood(
    line: Callable[[], Line], source: Source, *, rate: float, seconds: float, threads: int
) -> Flood:
    """Send `rate` batches a second; who is late because every thread waits is sent at once."""
    found, lock = Flood(), threading.Lock()
    began = time.monotonic()
    turns = iter(range(int(rate * seconds)))

    def run() -> None:
        own = line()
        while True:
            with lock:
                turn = next(turns, None)
            if turn is None or time.monotonic() - began > seconds:
                break
            time.sleep(max(0.0, began + turn / rate - time.monotonic()))
            number, body = source.take()
            answer = own.post("/api/v1/events", body)
            with lock:
                found.note(number, answer)
        own.close()

    workers = [threading.Thread(target=run, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return found
