"""Segments of the spool: files of checksummed lines, each locked by the process that writes it."""

import fcntl
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from experiments.disk import sync

SUFFIX = ".slates"


@dataclass(frozen=True, slots=True)
class Contents:
    """What a segment holds: whole records, lines that are not what was written, a torn end."""

    records: list[bytes]
    damaged: list[bytes]
    is_torn: bool


def frame(record: bytes) -> bytes:
    r"""Return a record, which holds no line break, as its line: checksum, blank, record.

    >>> frame(b"{}")
    b'a3a6bf43 {}\n'
    """
    return b"%08x %s\n" % (crc32(record), record)


def parse(data: bytes) -> Contents:
    r"""Return what the bytes of a segment hold; nobody was told that a torn end is kept.

    >>> parse(frame(b"1") + b"00000000 2\n" + frame(b"3")[:-1])
    Contents(records=[b'1'], damaged=[b'00000000 2'], is_torn=True)
    """
    *lines, end = data.split(b"\n")
    records, damaged = [], []
    for line in lines:
        record = line[9:]
        if frame(record)[:-1] == line:
            records.append(record)
        else:
            damaged.append(line)
    return Contents(records, damaged, bool(end))


def segments(folder: Path) -> list[Path]:
    """Return the segments of a spool, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def used_bytes(folder: Path) -> int:
    """Return how much of the disk all segments take, those of other processes too."""
    total = 0
    for path in segments(folder):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # imported meanwhile
            continue
    return total


def open_segment(folder: Path) -> int:
    """Return the descriptor of a new segment, locked until it is closed or its process is gone.

    It gets its name only once it is locked, so that nobody imports it before the first record.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    path = folder / f"{name}.new"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        path.rename(folder / f"{name}{SUFFIX}")
        sync(folder)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def held(path: Path) -> Iterator[bytes | None]:
    """Yield what a segment holds, locked; None while another has it or when it is gone."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        # Whoever had it before us may have imported and removed it since it was opened.
        yield file.read() if os.fstat(file.fileno()).st_nlink else None
