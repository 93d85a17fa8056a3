"""Which batches a process has in hand, noted in a file: one that is killed counts no attempt.

A batch that costs the process its life, by its memory or a fault in native code, would otherwise do
so for ever. The file is locked as long as its process lives, whatever ends it and on whatever
machine, so a file that can be locked tells what its process died of.
"""

import fcntl
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from django.conf import settings

log = logging.getLogger(__name__)


class InHand:
    """This process's note. A disk that refuses it is logged: applying goes on without."""

    def __init__(self) -> None:
        self._descriptor: int | None = None
        self._owner: tuple[int, Path] | None = None

    def note(self, pks: Sequence[int]) -> None:
        """Say which batches are being applied; none: that they are done."""
        try:
            descriptor = self._opened()
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, " ".join(map(str, pks)).encode(), 0)
        except OSError as error:
            log.warning("batches in hand not noted: %s", error)

    def _opened(self) -> int:
        owner = (os.getpid(), _folder())  # a forked process needs a file of its own
        if self._descriptor is None or self._owner != owner:
            self._forget(owner)
            self._descriptor, self._owner = _open(), owner
        return self._descriptor

    def _forget(self, owner: tuple[int, Path]) -> None:
        if self._descriptor is not None and self._owner and self._owner[0] == owner[0]:
            os.close(self._descriptor)
        self._descriptor = None


_of_process = InHand()


@contextmanager
def in_hand(pks: Sequence[int]) -> Iterator[None]:
    """Note that this process applies these batches, until it is done or an error says why not."""
    _of_process.note(pks)
    try:
        yield
    finally:
        _of_process.note([])


def left_in_hand() -> list[list[int]]:
    """Return, and forget, what processes had in hand that have ended meanwhile, each by itself."""
    left = [_taken_over(path) for path in sorted(_folder().glob("*.pks"))]
    return [pks for pks in left if pks]


def _taken_over(path: Path) -> list[int]:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            pks = [int(pk) for pk in file.read().split()]
            path.unlink()
    except (OSError, ValueError):  # its process lives, or another one was faster
        return []
    return pks


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "in-hand"


def _open() -> int:
    """Return the descriptor of a new file, locked before it has the name that others look for."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{uuid4().hex}.new"
    descriptor = os.open(made, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    made.rename(made.with_suffix(".pks"))
    return descriptor
