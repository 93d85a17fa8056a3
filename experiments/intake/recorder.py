"""Recording served slates: committed before the answer, or buffered for a quarter of a second."""

import atexit
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from multiprocessing.util import Finalize

from django.conf import settings
from django.db import DatabaseError, IntegrityError, InterfaceError, connection

from experiments.intake.hints import hint
from experiments.intake.slates import ServedSlate, SlateDocument, document_encoder
from experiments.models import InboxBatch, Site

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
        except (DatabaseError, InterfaceError) as error:
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
                connection.close()  # the next try gets one that works, or none

    def flush(self) -> int:
        """Write everything queued; return how many. On failure the slates stay queued, in order."""
        written = 0
        with self._flushing:
            while batch := self._take():
                try:
                    write_slates(batch)
                except BaseException as error:
                    self._put_back(batch)
                    if not (isinstance(error, IntegrityError) and self._drop_orphans()):
                        raise
                else:
                    written += len(batch)
        if written and self._send_hint:
            hint(self._send_hint)
        return written

    def _take(self) -> list[ServedSlate]:
        with self._lock:
            count = min(SLATES_PER_ROW, len(self._queue))
            return [self._queue.popleft() for _ in range(count)]

    def _put_back(self, batch: Sequence[ServedSlate]) -> None:
        with self._lock:
            self._queue.extendleft(reversed(batch))

    def _drop_orphans(self) -> int:
        """Drop the slates of sites that are gone: they would block the others for ever."""
        with self._lock:
            wanted = {slate.site_id for slate in self._queue}
        gone = wanted - set(Site.objects.filter(pk__in=wanted).values_list("pk", flat=True))
        with self._lock:
            kept = [slate for slate in self._queue if slate.site_id not in gone]
            dropped = len(self._queue) - len(kept)
            self._queue = deque(kept)
            self.lost += dropped
        log.error("sites are gone, slates lost count=%d total=%d", dropped, self.lost)
        return dropped


def flush_at_exit() -> None:
    """Write what is queued; a process that ends cannot try again, so it says what it loses."""
    try:
        buffer.flush()
    except Exception:
        log.exception("process ends, slates lost count=%d", len(buffer._queue))


buffer = SlateBuffer(settings.EXPOSURE_BUFFER_SLATES)
atexit.register(flush_at_exit)
# The web server's workers are forked by multiprocessing, which before Python 3.13 ends them
# without the functions of atexit, but with its own finalizers.
Finalize(None, flush_at_exit, exitpriority=10)
