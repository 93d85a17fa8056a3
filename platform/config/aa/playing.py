"""Sending the sample of a split: its lists are asked for, its events sent in batches, in order."""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from config.aa.equipping import Stage
from config.httpclient import ApiClient
from config.replay.drive import MAX_BATCH, Poster

MAX_SPAN = timedelta(days=1)  # far below the age at which the interface refuses events
WORKERS = 3
LAST = "aa_end"  # of nobody: it moves the site's clock to the end of what was recorded


@dataclass
class Sent:
    """What one split sent, and what was refused."""

    lists: int = 0
    events: int = 0
    refused: Counter[str] = field(default_factory=Counter)


@dataclass
class _Player:
    """One split: events wait until a batch is full, a day old, or a list is asked for."""

    client: Poster
    sent: Sent = field(default_factory=Sent)
    _waiting: list[dict[str, Any]] = field(default_factory=list)
    _requests: dict[str, str] = field(default_factory=dict)

    def play(self, steps: Sequence[Mapping[str, Any]], until: str) -> Sent:
        for step in steps:
            if "list" in step:
                self._ask(step)
            else:
                self._add(dict(step["event"]))
        self._add({"event_id": str(uuid.uuid4()), "type": LAST, "occurred_at": until})
        self._flush()
        return self.sent

    def _ask(self, step: Mapping[str, Any]) -> None:
        answer = self.client.post("/api/v1/recommendations", step["list"])
        self._requests[step["request_id"]] = answer["request_id"]
        self.sent.lists += 1

    def _add(self, event: dict[str, Any]) -> None:
        if quoted := event.get("request_id"):
            event["request_id"] = self._requests.get(quoted, quoted)
        if self._waiting and (len(self._waiting) == MAX_BATCH or self._spans(event)):
            self._flush()
        self._waiting.append(event)

    def _spans(self, event: Mapping[str, Any]) -> bool:
        first = datetime.fromisoformat(self._waiting[0]["occurred_at"])
        return datetime.fromisoformat(event["occurred_at"]) - first > MAX_SPAN

    def _flush(self) -> None:
        if self._waiting:
            now = self._waiting[-1]["occurred_at"]
            body = {"events": self._waiting, "context": {"now": now}}
            receipt = self.client.post("/api/v1/events", body)
            self.sent.events += receipt["accepted"]
            self.sent.refused.update(each["code"] for each in receipt["rejected"])
        self._waiting = []


def play_all(
    url: str, stages: Sequence[Stage], told: Mapping[str, Any], progress: Callable[[int], None]
) -> list[Sent]:
    """Return what each split sent; several are sent at a time, each in the order of its steps."""

    def play(stage: Stage) -> Sent:
        with ApiClient(url, key=stage.secret) as client:
            sent = _Player(client).play(told["steps"], told["until"])
        progress(1)
        return sent

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="aa") as pool:
        return list(pool.map(play, stages))
