"""Telling the worker that the inbox has work: a hint may be lost, the data never is."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)

AWAKE_FOR_S = 1.0
_lock = threading.Lock()
_last_sent = 0.0
_sender: threading.Thread | None = None


def _flag() -> Path:
    return Path(settings.DATA_DIR) / "drain.awake"


def mark_awake() -> None:
    """Let the web processes see that a drain is at work, so that they need not send a hint."""
    try:
        _flag().touch()
    except OSError as error:  # a full disk costs a few needless hints, nothing else
        log.warning("drain flag could not be touched: %s", error)


def mark_asleep() -> None:
    """Let the web processes send hints again at once."""
    try:
        _flag().unlink(missing_ok=True)
    except OSError as error:  # the flag ages by itself
        log.warning("drain flag could not be removed: %s", error)


def is_awake() -> bool:
    """Return whether a drain showed itself within the last second."""
    try:
        return time.time() - _flag().stat().st_mtime < AWAKE_FOR_S
    except OSError:
        return False


def queue_on_commit(task: Any, *arguments: Any) -> None:
    """Queue a task once the transaction is committed; a broker that is away is logged, not raised.

    The row that asks for the work is committed by then, and a sweep finds it.
    """
    transaction.on_commit(lambda: task.apply_async(arguments, retry=False), robust=True)


def hint(send: Callable[[], object]) -> None:
    """Send at most one hint a second and process, beside the request, which never waits for it.

    A broker that is away lets a sender wait for seconds; until it gave up, no other one starts.
    """
    global _last_sent, _sender
    with _lock:
        is_sending = _sender is not None and _sender.is_alive()
        if is_sending or time.monotonic() - _last_sent < AWAKE_FOR_S or is_awake():
            return
        _last_sent = time.monotonic()
        sender = threading.Thread(target=_send, args=(send,), name="hint", daemon=True)
        _sender = sender
    try:
        sender.start()
    except RuntimeError as error:  # a process that ends starts no threads; the sweep does it
        log.warning("hint not sent: %s", error)


def _send(send: Callable[[], object]) -> None:
    try:
        send()
    except Exception as error:  # noqa: BLE001 - the sweep finds the work; the 202 stands
        log.warning("hint not sent: %s", error)
