"""Driving visits through the interface: several visitors at a time, each in its own order."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from config.replay.documents import Document, ShownList, events_of, request_of
from config.replay.visits import Visit, shares

MAX_BATCH = 500  # events; the interface takes no more in one request
MAX_SPAN = timedelta(days=1)  # far below the age at which the interface refuses events
WORKERS = 4


class Poster(Protocol):
    """What posts JSON and returns the decoded answer; shared by several threads."""

    def post(self, path: str, body: Any) -> Any:
        """Return the answer; raises on a refusal."""


@dataclass(frozen=True, slots=True)
class Course:
    """What all visits of a replay have in common."""

    placement: str
    k: int
    click: str
    currency: str


@dataclass
class Tally:
    """What was sent and what came back."""

    visits: int = 0
    lists: int = 0
    lists_with_a_hit: int = 0
    hits: int = 0
    wanted: int = 0
    fallbacks: int = 0
    accepted: int = 0
    sent: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add another thread's counts."""
        for name in (
            "visits",
            "lists",
            "lists_with_a_hit",
            "hits",
            "wanted",
            "fallbacks",
            "accepted",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.sent.update(other.sent)
        self.rejected.update(other.rejected)


@dataclass
class _Driver:
    """One thread's visits: asks for lists at once, sends events in batches."""

    client: Poster
    course: Course
    progress: Callable[[int], None]
    stop: threading.Event
    tally: Tally = field(default_factory=Tally)
    _waiting: list[Document] = field(default_factory=list)
    _began: Visit | None = None

    def run(self, visits: Sequence[Visit]) -> Tally:
        for visit in visits:
            if self.stop.is_set():
                break
            self._replay(visit)
            self.progress(1)
        self._flush()
        return self.tally

    def _replay(self, visit: Visit) -> None:
        if self._began is not None and visit.at - self._began.at > MAX_SPAN:
            self._flush()
        self._began = self._began or visit
        shown = self._ask(visit) if visit.asks else None
        course = self.course
        events, hits = events_of(visit, shown, currency=course.currency, click=course.click)
        self.tally.visits += 1
        self.tally.hits += len(hits)
        self.tally.lists_with_a_hit += bool(hits)
        for event in events:
            self._waiting.append(event)
            if len(self._waiting) == MAX_BATCH:
                self._flush()
                self._began = visit

    def _ask(self, visit: Visit) -> ShownList:
        course = self.course
        body = request_of(visit, placement=course.placement, k=course.k)
        answer = self.client.post("/api/v1/recommendations", body)
        self.tally.lists += 1
        self.tally.fallbacks += answer["fallback"] is not None
        wanted = {i for d in visit.deeds if d.type == course.click for i in d.item_ids}
        self.tally.wanted += len(wanted)
        return ShownList.of(answer)

    def _flush(self) -> None:
        """Send what waits, at the time of its latest event."""
        if self._waiting:
            now = max(event["occurred_at"] for event in self._waiting)
            receipt = self.client.post(
                "/api/v1/events", {"events": self._waiting, "context": {"now": now}}
            )
            self.tally.accepted += receipt["accepted"]
            self.tally.sent.update(event["type"] for event in self._waiting)
            self.tally.rejected.update(refused["code"] for refused in receipt["rejected"])
        self._waiting, self._began = [], None


def drive(
    client: Poster,
    visits: Sequence[Visit],
    course: Course,
    *,
    progress: Callable[[int], None] = lambda _count: None,
    workers: int = WORKERS,
) -> Tally:
    """Replay the visits and return what was counted; the first error of any thread is raised.

    `progress` hears of every visit, from any thread.
    """
    stop, total = threading.Event(), Tally()
    drivers = [_Driver(client, course, progress, stop) for _ in range(workers)]
    if workers == 1:
        return drivers[0].run(visits)
    with ThreadPoolExecutor(workers, thread_name_prefix="replay") as pool:
        runs = [
            pool.submit(driver.run, share)
            for driver, share in zip(drivers, shares(visits, workers), strict=True)
        ]
        try:
            for run in runs:
                total.add(run.result())
        except BaseException:
            stop.set()
            raise
    return total
