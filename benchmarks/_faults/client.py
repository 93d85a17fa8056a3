"""A client that keeps books of its own: what it sent, what was acknowledged, what was refused."""

import http.client
import json
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

VISITORS = 2_000
BATCH = 100
RESENT = 0.05  # of what was acknowledged; the answer was lost, the client thinks
PAUSE_S = (0.05, 1.0)  # before the same batch is sent again
TIMEOUT_S = 30.0


@dataclass(slots=True)
class Batch:
    """One document of purchases: amounts in minor units by event id, and whether a 202 came."""

    amounts: dict[str, int]
    body: bytes
    is_acknowledged: bool = False
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, 0 for a connection that broke, the wait that was asked for, the time it took."""

    status: int
    retry_after: str | None = None
    took_s: float = 0.0


def batches_of_purchases(events: int, rng: random.Random, size: int = BATCH) -> list[Batch]:
    """Return batches of purchases that happen now, of a few hundred visitors."""
    return [_batch(min(size, events - start), rng) for start in range(0, events, size)]


def _batch(size: int, rng: random.Random) -> Batch:
    now = datetime.now(UTC).isoformat()
    ids = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(size)]
    amounts = {event_id: rng.randrange(1, 10_000) for event_id in ids}
    events = [
        {
            "event_id": event_id,
            "type": "purchase",
            "occurred_at": now,
            "unit": {"visitor_id": f"v-{rng.randrange(VISITORS)}"},
            "value": {"amount": amount, "currency": "EUR"},
        }
        for event_id, amount in amounts.items()
    ]
    return Batch(amounts, json.dumps({"events": events}).encode())


class Line:
    """One kept-alive connection; what breaks it is an answer too."""

    def __init__(self, url: str, secret: str) -> None:
        self._where = urlsplit(url)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        self._connection: http.client.HTTPConnection | None = None

    def post(self, path: str, body: bytes) -> Answer:
        """Return how a body was answered; a broken connection is opened anew the next time."""
        began = time.monotonic()
        try:
            if self._connection is None:
                host, port = self._where.hostname or "", self._where.port
                self._connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
            self._connection.request("POST", path, body=body, headers=self._headers)
            response = self._connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer(0, took_s=time.monotonic() - began)
        took_s = time.monotonic() - began
        return Answer(response.status, response.headers["Retry-After"], took_s)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Client:
    """Threads that post batches, each again until it is acknowledged, some once more after it.

    `gives_up`: the share of batches that are not sent again when the connection broke, so that
    what the server made of them can be seen.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        batches: Sequence[Batch],
        *,
        seed: int,
        threads: int = 4,
        gives_up: float = 0.0,
    ) -> None:
        self.statuses: Counter[int] = Counter()
        self.without_retry_after = 0
        self._url, self._secret, self._gives_up = url, secret, gives_up
        self._queue = iter(batches)
        self._allowed = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._left = 0  # batches that were allowed and are neither acknowledged nor given up
        self._threads = [
            threading.Thread(target=self._run, args=(random.Random(seed + n),), daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def allow(self, batches: int) -> None:
        """Let so many more batches be sent."""
        with self._lock:
            self._left += batches
        self._allowed.release(batches)

    @property
    def is_idle(self) -> bool:
        """Tell whether every batch that was allowed is acknowledged or given up."""
        return self._left == 0

    def join(self, timeout_s: float = 600.0) -> None:
        """Let everything be sent and return when it was; raises TimeoutError when it never is."""
        self.allow(1_000_000)
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                raise TimeoutError(f"the client was not done within {timeout_s:.0f} s")

    def _run(self, rng: random.Random) -> None:
        line = Line(self._url, self._secret)
        while True:
            self._allowed.acquire()
            with self._lock:
                batch = next(self._queue, None)
            if batch is None:
                break
            self._deliver(line, batch, rng)
            if batch.is_acknowledged and rng.random() < RESENT:
                self._deliver(line, batch, rng)
            with self._lock:
                self._left -= 1
        line.close()

    def _deliver(self, line: Line, batch: Batch, rng: random.Random) -> None:
        while True:
            answer = line.post("/api/v1/events", batch.body)
            self._note(batch, answer)
            if answer.status == 202 or (answer.status == 0 and rng.random() < self._gives_up):
                return
            time.sleep(rng.uniform(*PAUSE_S) if answer.status else PAUSE_S[0])

    def _note(self, batch: Batch, answer: Answer) -> None:
        with self._lock:
            self.statuses[answer.status] += 1
            batch.attempts += 1
            batch.is_acknowledged |= answer.status == 202
            if answer.status not in {0, 202} and answer.retry_after is None:
                self.without_retry_after += 1
