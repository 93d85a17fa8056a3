"""Hints: few, never in the way of a request, and not needed while a drain is awake."""

import logging
import os
import threading
import time
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from experiments.drain import drain_until_idle
from experiments.intake import hints
from experiments.models import Event
from tests.experiments.drain.waiting import an_event, put_events
from tests.factories import a_site

PATIENCE_S = 15.0  # of a test on a busy machine; a request that waited would take longer


@pytest.fixture(autouse=True)
def _nothing_under_way() -> None:
    hints._sender = None


class Broker:
    """Stands where a message queue would be, over the network: takes hints as fast as told."""

    def __init__(self, *, is_slow: bool = False, is_away: bool = False) -> None:
        self.is_away = is_away
        self.may_answer = threading.Event()
        if not is_slow:
            self.may_answer.set()
        self.taken = 0
        self.heard = threading.Event()

    def send(self) -> None:
        self.may_answer.wait(2 * PATIENCE_S)
        self.heard.set()
        if self.is_away:
            raise ConnectionRefusedError("nobody listens")
        self.taken += 1


def a_second_later() -> None:
    hints._last_sent -= hints.AWAKE_FOR_S


def wait_sent() -> None:
    if hints._sender is not None:
        hints._sender.join()


def test_hint__many_within_a_second__are_sent_once() -> None:
    broker = Broker()

    for _ in range(50):
        hints.hint(broker.send)
        wait_sent()

    assert broker.taken == 1


def test_hint__a_second_later__is_sent_again() -> None:
    broker = Broker()
    hints.hint(broker.send)
    wait_sent()
    a_second_later()

    hints.hint(broker.send)
    wait_sent()

    assert broker.taken == 2


def test_hint__slow_broker__does_not_let_the_request_wait() -> None:
    broker = Broker(is_slow=True)
    began = time.monotonic()

    hints.hint(broker.send)
    a_second_later()
    hints.hint(broker.send)  # the first is still under way
    took_s = time.monotonic() - began
    broker.may_answer.set()
    wait_sent()

    assert took_s < PATIENCE_S
    assert broker.taken == 1


def test_hint__broker_away__is_logged_and_never_raised(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker = Broker(is_away=True)

    with caplog.at_level(logging.WARNING, "experiments.intake.hints"):
        hints.hint(broker.send)
        wait_sent()

    assert broker.heard.is_set()
    assert "hint not sent: nobody listens" in caplog.text


def test_hint__drain_awake__is_not_needed_until_it_sleeps() -> None:
    broker = Broker()
    hints.mark_awake()
    hints.hint(broker.send)
    wait_sent()
    assert broker.taken == 0

    hints.mark_asleep()
    hints.hint(broker.send)
    wait_sent()

    assert broker.taken == 1


def test_hint__drain_died_awake__is_sent_a_second_later(settings: Settings) -> None:
    hints.mark_awake()
    flag = Path(settings.DATA_DIR) / "drain.awake"
    old = time.time() - 2 * hints.AWAKE_FOR_S
    os.utime(flag, (old, old))

    assert not hints.is_awake()


def test_flag__folder_gone__costs_a_hint_and_nothing_else(
    settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path / "gone"

    hints.mark_awake()
    hints.mark_asleep()

    assert not hints.is_awake()


@pytest.mark.django_db
def test_drain_until_idle__applies_all__and_leaves_no_flag() -> None:
    site = a_site()
    for _ in range(3):
        put_events(site, an_event())

    applied = drain_until_idle(linger_s=0.1)

    assert applied == 3
    assert Event.objects.count() == 3
    assert not hints.is_awake()


@pytest.mark.django_db(transaction=True)
def test_drain_until_idle__work_of_one_who_saw_the_flag__is_found() -> None:
    site = a_site()

    applied = drain_until_idle(limit_s=0.0)
    put_events(site, an_event())
    last_look = drain_until_idle(limit_s=0.0)  # no time for the loop: only the look at the end

    assert (applied, last_look) == (0, 1)


@pytest.mark.django_db
def test_queue_on_commit__broker_away__does_not_fail_what_was_committed(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    class Task:
        asked: list[tuple[tuple[int, ...], bool]] = []

        def apply_async(self, arguments: tuple[int, ...], *, retry: bool) -> None:
            self.asked.append((arguments, retry))
            raise ConnectionRefusedError("nobody listens")

    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        hints.queue_on_commit(Task(), 7)
        assert Task.asked == []

    assert Task.asked == [((7,), False)]
