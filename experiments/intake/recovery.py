"""Bringing spooled slates into the inbox, each exactly once, when the database is back."""

import logging
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from django.conf import settings
from django.db import DataError, connection, transaction

from experiments.disk import sync
from experiments.intake.hints import hint
from experiments.intake.inbox import write_slates
from experiments.intake.patience import bounded_wait
from experiments.intake.segments import frame, held, parse, segments, used_bytes
from experiments.intake.slates import ServedSlate, slate_decoder, slate_encoder
from experiments.intake.spool import Spool, spool, spool_folder
from experiments.models import Site

log = logging.getLogger(__name__)

ASIDE = "set-aside"
ASIDE_BYTES = 16 * 1024 * 1024  # of what can never be imported; beyond it is only counted
IMPORT_S = 30.0  # for one segment; a database that hangs is asked again later


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of spooled records; `torn` ends were written by a process that died writing."""

    segments: int = 0
    slates: int = 0
    set_aside: int = 0
    torn: int = 0

    def __add__(self, other: "Imported") -> "Imported":
        """Return the sum of two counts."""
        return Imported(
            self.segments + other.segments,
            self.slates + other.slates,
            self.set_aside + other.set_aside,
            self.torn + other.torn,
        )


def import_spool(folder: Path | None = None) -> Imported:
    """Commit finished and orphaned segments to the inbox, remove them, and say what became of them.

    A segment that a living process writes to is left alone. One that was committed, but not yet
    removed, is imported again: a slate's request id is unique, so that changes nothing. Raises
    what the database raises while it is away.
    """
    done = Imported()
    for path in segments(folder or spool_folder()):
        with held(path) as data:
            if data is not None:
                done += _import_segment(path, data)
    if done.set_aside or done.torn:
        log.error("spooled slates set aside count=%d torn=%d", done.set_aside, done.torn)
    if done.segments:
        log.warning("spool imported segments=%d slates=%d", done.segments, done.slates)
    return done


def _import_segment(path: Path, data: bytes) -> Imported:
    contents = parse(data)
    slates, unreadable = _decoded(contents.records)
    try:
        with bounded_wait(IMPORT_S), transaction.atomic():
            kept, orphans = _parted(slates)
            write_slates(kept)
            _set_aside(path, [*contents.damaged, *unreadable, *map(_line, orphans)])
    except DataError:  # the database is there, and will not take this one next time either
        log.exception("segment refused, set aside name=%s", path.name)
        kept, orphans = [], slates
        _set_aside(path, data.splitlines())
    path.unlink()
    aside = len(contents.damaged) + len(unreadable) + len(orphans)
    return Imported(1, len(kept), aside, int(contents.is_torn))


def _decoded(records: Iterable[bytes]) -> tuple[list[ServedSlate], list[bytes]]:
    """Return the slates of these records, and the lines of those that are none."""
    slates, unreadable = [], []
    for record in records:
        try:
            slates.append(slate_decoder.decode(record))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            unreadable.append(frame(record)[:-1])
    return slates, unreadable


def _parted(slates: Sequence[ServedSlate]) -> tuple[list[ServedSlate], list[ServedSlate]]:
    """Return the slates of sites that exist, and those of sites that are gone."""
    wanted = {slate.site_id for slate in slates}
    there = set(Site.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    return (
        [slate for slate in slates if slate.site_id in there],
        [slate for slate in slates if slate.site_id not in there],
    )


def _line(slate: ServedSlate) -> bytes:
    return frame(slate_encoder.encode(slate))[:-1]


def _set_aside(path: Path, lines: Sequence[bytes]) -> None:
    """Keep lines that cannot be imported, under their segment's name, for a person to look at."""
    if not lines:
        return
    folder = path.parent / ASIDE
    folder.mkdir(exist_ok=True)
    if used_bytes(folder) + sum(map(len, lines)) > ASIDE_BYTES:
        log.error("spooled slates dropped, %s is full count=%d", ASIDE, len(lines))
        return
    with (folder / path.name).open("wb") as file:
        file.write(b"".join(line + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    sync(folder)


def try_import() -> None:
    """Import what is spooled if that can be done now; if not it waits, and nobody has to know."""
    try:
        import_spool()
    except Exception:
        log.exception("spool not imported, will be tried again")


class Recovery:
    """Knows whether the database is away, and asks it once a second, beside the requests.

    While it is away no request asks it: only the first ones wait for it in vain.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._away = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._send_hint: Callable[[], object] | None = None

    @property
    def is_away(self) -> bool:
        """Return whether the database refused, and has not taken anything since."""
        return self._away.is_set()

    def note_away(self, error: object) -> None:
        """Keep requests from asking the database until it answers again."""
        if not self._away.is_set():
            log.error("database away, slates go to the spool: %s", error)
        self._away.set()

    def watch(self, send_hint: Callable[[], object]) -> None:
        """Let this process look after the spool from now on; what it imports is hinted at."""
        self._send_hint = send_hint
        if self._thread is not None and self._thread.is_alive() and self._pid == os.getpid():
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive() or self._pid != os.getpid():
                self._pid = os.getpid()
                self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
                self._thread.start()

    def recover(self) -> Imported:
        """Import what is spooled; raises what the database raises while it is away."""
        if not self.is_away and not segments(spool_folder()):
            return Imported()
        connection.ensure_connection()
        # Finished segments first: while they are refused, no further one is cut every second.
        done = import_spool()
        self._spool.rotate()
        done += import_spool()
        self._away.clear()
        if done.slates and self._send_hint:
            hint(self._send_hint)
        return done

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(settings.SPOOL_RETRY_S):
            try:
                self.recover()
            except Exception as error:  # noqa: BLE001 - whatever it is, the spool waits
                log.warning("spool not imported, will be tried again: %s", error)
            finally:
                connection.close()


recovery = Recovery(spool)
