"""Recording served slates: committed before the answer, buffered for a moment, or spooled."""

import atexit
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing.util import Finalize

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from experiments.intake.hints import hint
from experiments.intake.inbox import SLATES_PER_ROW, write_slates
from experiments.intake.patience import bounded_wait
from experiments.intake.recovery import recovery
from experiments.intake.slates import ServedSlate, slate_encoder
from experiments.intake.spool import spool
from experiments.models import Site

log = logging.getLogger(__name__)


def mode_of(configured: str) -> str:
    """Return durable or buffered; automatic is durable wherever commits run side by side."""
    if configured != Site.ExposureMode.AUTO:
        return configured
    durable = connection.vendor == "postgresql"
    return Site.ExposureMode.DURABLE if durable else Site.ExposureMode.BUFFERED


def record_slate(slate: ServedSlate, *, mode: str, send_hint: Callable[[], object]) -> str:
    """Record one served slate; return how: `committed`, `buffered`, `spooled` or `lost`.

    A database that refuses never fails the request: the slate waits on the local disk, or in memory
    while there is no room. A request waits for the database as long as its `connect_timeout` and
    `PATIENCE_S` say, and not at all once it is known to be away.
    """
    recovery.watch(send_hint)
    if not recovery.is_away:
        if mode_of(mode) == Site.ExposureMode.BUFFERED:
            if buffer.add(slate, send_hint):
                return "buffered"
        elif _commit(slate):
            hint(send_hint)
            return "committed"
    if spool.append([slate_encoder.encode(slate)]):
        return "spooled"
    if buffer.add(slate, send_hint):
        return "buffered"
    buffer.count_lost(1, "no room in spool and buffer")
    return "lost"


def _commit(slate: ServedSlate) -> bool:
    try:
        with bounded_wait():
            write_slates([slate])
    except (DatabaseError, InterfaceError) as error:
        recovery.note_away(error)
        return False
    return True


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
        """Queue a slate; return False when the buffer is full."""
        with self._lock:
            if len(self._queue) >= self.size:
                return False
            self._queue.append(slate)
            self._send_hint = send_hint
            self._start_thread()
        return True

    def count_lost(self, count: int, why: str) -> None:
        """Count slates that are kept nowhere, and say so."""
        with self._lock:
            self.lost += count
            log.error("slates lost, %s count=%d total=%d", why, count, self.lost)

    def _start_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive() or self._pid != os.getpid():
            self._pid = os.getpid()  # a forked process has no threads of its parent
            self._thread = threading.Thread(target=self._run, name="slates", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            self._wake.wait(settings.EXPOSURE_FLUSH_S)
            self._wake.clear()
            self.flush_or_spool()
            if recovery.is_away:
                connection.close()  # the next try gets one that works, or none

    def flush_or_spool(self) -> None:
        """Write everything queued; into the spool while the database does not take it."""
        if recovery.is_away:
            self.spool_queued()
            return
        try:
            self.flush()
        except Exception as error:
            log.exception("slates not written queued=%d", len(self._queue))
            recovery.note_away(error)
            self.spool_queued()

    def spool_queued(self) -> int:
        """Move what is queued to the spool, as far as there is room; return how many were moved."""
        moved = 0
        with self._flushing:
            while batch := self._take():
                if not spool.append([slate_encoder.encode(slate) for slate in batch]):
                    self._put_back(batch)
                    break
                moved += len(batch)
        return moved

    def flush(self) -> int:
        """Write everything queued; return how many. On failure the slates stay queued, in order."""
        written = 0
        with self._flushing:
            while batch := self._take():
                try:
                    write_slates(batch)
                except BaseException:
                    self._put_back(batch)
                    raise
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


def flush_at_exit() -> None:
    """Write what is queued, else spool it; a process that ends says what it loses."""
    try:
        if not recovery.is_away:
            buffer.flush()
    except Exception:
        log.exception("slates not written at the end queued=%d", len(buffer._queue))
    buffer.spool_queued()
    if buffer._queue:
        buffer.count_lost(len(buffer._queue), "the process ends")


buffer = SlateBuffer(settings.EXPOSURE_BUFFER_SLATES)
atexit.register(flush_at_exit)
# The web server's workers are forked by multiprocessing, which before Python 3.13 ends them
# without the functions of atexit, but with its own finalizers.
Finalize(None, flush_at_exit, exitpriority=10)
