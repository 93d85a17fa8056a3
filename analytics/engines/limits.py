"""How long one statement of a report may take, on every engine.

A statement that takes longer is ended by the engine itself, so that no work goes on that nobody
waits for, and its metric says why it has no numbers and what gives it more time.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from analytics.errors import TooSlowError

STEPS = 20_000  # of SQLite's machine between two looks at the clock: less than a millisecond
CANCELED = "57014"  # PostgreSQL's code of a statement that its timeout ended
SETTING = "ARMATURE_METRIC_TIMEOUT"
LEAST_S = 0.5  # for each, however little is left


_share: ContextVar[float | None] = ContextVar("share", default=None)


def limit_s() -> float:
    """Return how many seconds one statement of a report may take; 0 for as long as it takes."""
    usual, share = float(settings.METRIC_TIMEOUT_S), _share.get()
    return usual if share is None or not usual else min(usual, share)


class Patience:
    """Time that several statements share, so that slow ones leave each of the others its part.

    `times`: how many times as long as one statement may take, they may take together.
    """

    def __init__(self, times: float) -> None:
        """Begin now."""
        self.deadline = time.monotonic() + times * limit_s()

    @contextmanager
    def share(self, n_left: int) -> Iterator[None]:
        """Let statements inside take an equal part of what is left for so many of them."""
        left = self.deadline - time.monotonic()
        token = _share.set(max(LEAST_S, left / max(1, n_left)))
        try:
            yield
        finally:
            _share.reset(token)


def too_slow(seconds: float) -> TooSlowError:
    """Return the refusal of a statement that took longer than so many seconds."""
    return TooSlowError(
        f"its statement took longer than the {seconds:.3g} s that it may: set {SETTING} to more"
        " seconds, or look at fewer days"
    )


@contextmanager
def statement_limit(cursor: Any, seconds: float | None = None) -> Iterator[None]:
    """Let no statement on Django's cursor take longer than so many seconds, `limit_s()` by default.

    To be used within a transaction or savepoint, which ends with the error. Raises TooSlowError in
    place of the database's own error.
    """
    seconds = limit_s() if seconds is None else seconds
    if not seconds:
        yield
        return
    limited = _postgresql if connection.vendor == "postgresql" else _sqlite
    with limited(cursor, seconds):
        yield


@contextmanager
def _postgresql(cursor: Any, seconds: float) -> Iterator[None]:
    """Never longer than the connection may take anyway: its other end would stop listening."""
    cursor.execute("SELECT setting FROM pg_settings WHERE name = 'statement_timeout'")
    usual_ms = int(cursor.fetchone()[0])
    own_ms = max(1, round(seconds * 1000))
    limit_ms = min(own_ms, usual_ms or own_ms)
    cursor.execute(f"SET LOCAL statement_timeout = {limit_ms}")
    try:
        yield
    except DatabaseError as error:
        # The savepoint's end takes the setting back.
        if getattr(error.__cause__, "sqlstate", None) != CANCELED:
            raise
        raise too_slow(limit_ms / 1000) from error
    cursor.execute(f"SET LOCAL statement_timeout = {usual_ms}")


@contextmanager
def _sqlite(cursor: Any, seconds: float) -> Iterator[None]:
    deadline, is_over = time.monotonic() + seconds, False

    def look() -> bool:
        nonlocal is_over
        is_over = time.monotonic() > deadline
        return is_over

    connection.connection.set_progress_handler(look, STEPS)
    try:
        yield
    except DatabaseError as error:
        if not is_over:
            raise
        raise too_slow(seconds) from error
    finally:
        connection.connection.set_progress_handler(None, 0)


@contextmanager
def interrupted_after(
    interrupt: Callable[[], None], seconds: float | None = None
) -> Iterator[None]:
    """Call `interrupt` once what is inside has taken so many seconds; for engines without a clock.

    Raises TooSlowError in place of whatever the interrupted work raised.
    """
    seconds = limit_s() if seconds is None else seconds
    if not seconds:
        yield
        return
    is_over = threading.Event()

    def end() -> None:
        is_over.set()
        interrupt()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception as error:
        if not is_over.is_set():
            raise
        raise too_slow(seconds) from error
    finally:
        timer.cancel()
