"""A value in process memory that follows the database: readers never query, changes arrive fast."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import connection

from experiments.errors import Unavailable

log = logging.getLogger(__name__)
T = TypeVar("T")


class Watched(Generic[T]):
    """Keeps the newest `load(previous)`; asks `version()` every SNAPSHOT_MAX_AGE_S in a thread.

    With SNAPSHOT_MAX_AGE_S = 0 the version is asked on each read instead (tests, commands). While
    the database is away the last good value stays.
    """

    def __init__(
        self,
        name: str,
        *,
        version: Callable[[], object],
        load: Callable[[T | None], T],
        restore: Callable[[], T | None] = lambda: None,
    ) -> None:
        self._name, self._version_of, self._load, self._restore = name, version, load, restore
        self._value: T | None = None
        self._version: object = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._pid = 0

    def get(self) -> T:
        """Return the current value; the first call of a process loads it.

        Raises Unavailable when it never could be loaded.
        """
        if settings.SNAPSHOT_MAX_AGE_S == 0:
            self.refresh()
        elif self._thread is None or self._pid != os.getpid():
            self._begin()
        if self._value is None:
            self.refresh()
        if self._value is None:
            raise Unavailable(f"the {self._name} could not be loaded and no good copy is left")
        return self._value

    def held(self) -> T | None:
        """Return the value as this process holds it, None before its first; asks nothing."""
        return self._value

    def refresh(self) -> bool:
        """Load again if the version moved; return whether it did."""
        with self._lock:
            try:
                version = self._version_of()
                if self._value is not None and version == self._version:
                    return False
                self._value, self._version = self._load(self._value), version
            except AnyDatabaseError as error:
                self._survive(error)
                return False
        return True

    def reset(self) -> None:
        """Forget the value and follow no longer, so that the next read begins anew."""
        with self._lock:
            self._value = self._version = self._thread = None
            self._stop.set()
            self._stop = threading.Event()

    def _survive(self, error: AnyDatabaseError) -> None:
        log.error("%s not refreshed, the last good copy serves: %s", self._name, error)
        if self._value is None:
            self._value = self._restore()

    def _begin(self) -> None:
        """Load in the caller's thread, then follow in a thread of this process's own."""
        with self._lock:
            if self._pid == os.getpid() and self._thread is not None:
                return
            self._pid = os.getpid()
            thread = threading.Thread(
                target=self._follow, args=[self._stop], name=self._name, daemon=True
            )
            self._thread = thread
        try:
            self.refresh()
        finally:
            thread.start()

    def _follow(self, stop: threading.Event) -> None:
        while not stop.wait(settings.SNAPSHOT_MAX_AGE_S):
            try:
                self.refresh()
                connection.close_if_unusable_or_obsolete()
            except Exception:
                log.exception("%s not refreshed", self._name)
