"""Recording served slates: committed before the answer, or buffered for a quarter of a second."""

import atexit
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from experiments.hints import hint
from experiments.models import InboxBatch, Site
from experiments.slates import ServedSlate, SlateDocument, document_encoder

log = logging.getLogger(__name__)

SLATES_PER_ROW = 500


def mode_of(configured: str) -> str:
    """Return durable or buffered; automatic is durable wherever commits run side by side."""
    if configured != Site.ExposureMode.AUTO:
        return configured
    durable = connection.vendor == "postgresql"
    return Site.ExposureMode.DURABLE if durable else Site.ExposureMode.BUFFERED


def record_slate(slate: ServedSlate, *, mode: str, send_hint: Callable[[], object]) -> str:
    """Record one served slate; return `committed`, `buffered` or `lost` (a full buffer).

    A database that refuses never fails the request: the slate is buffered and written later.
    """
    if mode_of(mode) == Site.ExposureMode.DURABLE:
        try:
            write_slates([slate])
        except DatabaseError as error:
            log.error("slate not committed, buffered instead: %s", error)
        else:
            hint(send_hint)
            return "committed"
    return "buffered" if buffer.add(slate, send_hint) else "lost"


def write_slates(slates: Sequence[ServedSlate]) -> None:
    """Commit slates to the inbox, one row for each site."""
    by_site: dict[int, list[ServedSlate]] = {}
    for slate in slates:
        by_site.setdefault(slate.site_id, []).append(slate)
    InboxBatch.objects.bulk_create(
        InboxBatch(
            site_id=site_id,
            kind=InboxBatch.Kind.SLATES,
            received_at=datetime.now(UTC),
            doc=document_encoder.encode(SlateDocument(slates=rows)).decode(),
        )
        for site_id, rows in by_site.items()
    )


class SlateBuffer:
    """A bounded queue with one thread that writes it out; what it loses is counted and said."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.lost = 0
        self._queue: deque[ServedSlate] = deque()
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._send_hint: Callable[[], object] | None = None

    def add(self, slate: ServedSlate, send_hint: Callable[[], object]) -> bool:
        """Queue a slate; return False, and count it, when the buffer is full."""
        with self._lock:
            if len(self._queue) >= self.size:
                self.lost += 1
                log.error("exposure buffer full, slate lost total=%d", self.lost)
                return False
            self._queue.append(slate)
            self._send_hint = send_hint
            self._start_thread()
        return True

    def _start_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive() or self._pid != os.getpid():
            self._pid = os.getpid()  # a forked process has no threads of its parent
            self._thread = threading.Thread(target=self._run, name="slates", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            self._wake.wait(settings.EXPOSURE_FLUSH_S)
            self._wake.clear()
            try:
                self.flush()
            except Exception:
                log.exception("slates not written, will be tried again queued=%d", len(self._queue))
                close_old_connections()

    def flush(self) -> int:
        """Write everything queued; return how many. On failure the slates stay queued, in order."""
        written = 0
        with self._flushing:
            while batch := self._take():
                try:
                    write_slates(batch)
                except BaseException:
                    with self._lock:
                        self._queue.extendleft(reversed(batch))
                    raise
                written += len(batch)
        if written and self._send_hint:
            hint(self._send_hint)
        return written

    def _take(self) -> list[ServedSlate]:
        with self._lock:
            count = min(SLATES_PER_ROW, len(self._queue))
            return [self._queue.popleft() for _ in range(count)]


buffer = SlateBuffer(settings.EXPOSURE_BUFFER_SLATES)
atexit.register(lambda: buffer.flush())
