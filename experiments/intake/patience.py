"""How long a request waits for the database to take its slate."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator

from django.db import connection

PATIENCE_S = 2.0
TICK_S = 0.1


@contextlib.contextmanager
def bounded_wait(seconds: float = PATIENCE_S) -> Iterator[None]:
    """End what the database does not answer in time, with the error of a lost connection.

    Holds for a connection that stands; to make one takes as long as its `connect_timeout` says.
    """
    connection.ensure_connection()
    with _sqlite(seconds) if connection.vendor == "sqlite" else watchdog.watching(seconds):
        yield


@contextlib.contextmanager
def _sqlite(seconds: float) -> Iterator[None]:
    # The driver's own connection: a setting of it is no statement of the request.
    held = connection.connection
    (usual_ms,) = held.execute("PRAGMA busy_timeout").fetchone()
    held.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")
    try:
        yield
    finally:
        held.execute(f"PRAGMA busy_timeout={usual_ms}")


class Watchdog:
    """One thread that shuts the connections whose time is up.

    The server's own limits do not help when the server hangs, and a timer for each request costs a
    thread each.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[int, float] = {}
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()

    @contextlib.contextmanager
    def watching(self, seconds: float) -> Iterator[None]:
        """Shut this thread's connection when the block takes longer than so many seconds."""
        # A descriptor of our own: the connection's could be closed, and used again, at any time.
        descriptor = os.dup(connection.connection.fileno())
        with self._lock:
            self._watched[descriptor] = time.monotonic() + seconds
            self._start_thread()
        try:
            yield
        finally:
            with self._lock:
                self._watched.pop(descriptor, None)
                os.close(descriptor)

    def _start_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive() or self._pid != os.getpid():
            self._pid = os.getpid()
            self._thread = threading.Thread(target=self._run, name="patience", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(TICK_S)
            now = time.monotonic()
            with self._lock:
                for descriptor in [each for each, due in self._watched.items() if due <= now]:
                    del self._watched[descriptor]
                    _shut(descriptor)


def _shut(descriptor: int) -> None:
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as other:
        other.shutdown(socket.SHUT_RDWR)


watchdog = Watchdog()
