"""The spool: where served slates wait on the local disk while the database cannot take them."""

import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from experiments.intake.segments import frame, open_segment, used_bytes

log = logging.getLogger(__name__)

SEGMENT_BYTES = 4 * 1024 * 1024  # two to four thousand slates: one short transaction to import


class SpoolError(Exception):
    """Records are not on the disk."""


def spool_folder() -> Path:
    """Return the folder of the spool, which need not exist."""
    return Path(settings.DATA_DIR) / "spool"


class Segment:
    """A segment that this process appends to: how much was written, and how much is on the disk."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.pid = os.getpid()
        self.written = self.synced = 0

    def sync(self) -> None:
        """Put on the disk what is written by now; raises OSError."""
        written = self.written
        os.fdatasync(self.descriptor)
        self.synced = written


class Spool:
    """Appends records to this process's own segment and returns once they are on the disk.

    Threads that append at the same time share a sync: whoever comes first syncs for all that is
    written by then. The limit holds for all processes together, but for what each is just writing.
    """

    def __init__(self) -> None:
        self._writing = threading.Lock()
        self._syncing = threading.Lock()  # taken before `_writing` by whoever takes both
        self._segment: Segment | None = None

    def append(self, records: Sequence[bytes]) -> bool:
        """Return whether these records are kept; False when the spool is full or the disk fails."""
        try:
            self._sync(*self._write(b"".join(map(frame, records))))
        except (OSError, SpoolError) as error:
            log.error("slates not spooled count=%d: %s", len(records), error)
            return False
        return True

    def rotate(self) -> None:
        """Finish this process's segment, so that it can be imported."""
        with self._syncing:
            self._finish()

    def _write(self, lines: bytes) -> tuple[Segment, int]:
        """Write lines; return their segment and the number by which their sync is asked for."""
        with self._writing:
            folder = spool_folder()
            if used_bytes(folder) + len(lines) > settings.SPOOL_BYTES:
                raise SpoolError(f"the spool holds its {settings.SPOOL_BYTES} bytes")
            if self._segment is None or self._segment.pid != os.getpid():
                # A forked process leaves its parent's segment alone.
                self._segment = Segment(open_segment(folder))
            _write_whole(self._segment.descriptor, lines)
            self._segment.written += 1
            return self._segment, self._segment.written

    def _sync(self, segment: Segment, number: int) -> None:
        with self._syncing:
            if number <= segment.synced:
                return
            if segment is not self._segment:
                raise SpoolError("the disk did not take the segment")
            try:
                segment.sync()
            except OSError:
                # The kernel tells of a failed sync once and then forgets it: nothing may follow.
                self._finish()
                raise
            if os.fstat(segment.descriptor).st_size >= SEGMENT_BYTES:
                self._finish()

    def _finish(self) -> None:
        """Close the segment, synced if the disk still takes it; `_syncing` is held."""
        with self._writing:
            segment, self._segment = self._segment, None
            if segment is None or segment.pid != os.getpid():
                return
            try:
                if segment.synced < segment.written:
                    segment.sync()
            except OSError as error:
                log.error("segment not synced: %s", error)
            finally:
                os.close(segment.descriptor)


def _write_whole(descriptor: int, lines: bytes) -> None:
    """Append lines; what a full disk took of them is cut off again, as more lines may follow."""
    size = os.fstat(descriptor).st_size
    try:
        taken = os.write(descriptor, lines)
        if taken < len(lines):
            raise SpoolError("the disk is full")
    except (OSError, SpoolError):
        os.ftruncate(descriptor, size)
        raise


spool = Spool()
