"""A batch that kills whoever applies it is found, and set aside like any other poison."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from experiments.drain import drain_until_idle
from experiments.drain.in_hand import left_in_hand
from experiments.drain.isolating import MAX_ATTEMPTS
from experiments.drain.run import apply_left_behind
from experiments.models import Event, InboxBatch, Quarantine
from tests.experiments.drain.waiting import an_event, put_events
from tests.factories import a_site

pytestmark = pytest.mark.django_db(transaction=True)

# A process that notes what it has in hand, as the drain does, and is killed at it.
KILLED = """
import os, signal, sys
from pathlib import Path
import django
from django.conf import settings
settings.configure(
    DATA_DIR=Path(sys.argv[1]),
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "experiments"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3"}},
)
django.setup()
from experiments.drain.in_hand import in_hand
with in_hand([int(pk) for pk in sys.argv[2:]]):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_at(*pks: int) -> None:
    """Let a process be killed while it has these batches in hand."""
    command = [sys.executable, "-c", KILLED, str(settings.DATA_DIR), *map(str, pks)]
    root = Path(__file__).parents[3]
    ended = subprocess.run(command, check=False, cwd=root, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def waiting(number: int) -> list[int]:
    """Let so many batches wait; return their ids."""
    site = a_site()
    for _ in range(number):
        put_events(site, an_event())
    return list(InboxBatch.objects.order_by("id").values_list("pk", flat=True))


def test_batch__process_killed_at_it_for_the_fifth_time__is_quarantined_and_counted() -> None:
    (pk,) = waiting(1)
    doc = InboxBatch.objects.get().doc
    InboxBatch.objects.update(attempts=MAX_ATTEMPTS - 1)
    killed_at(pk)

    drain_until_idle(linger_s=0)

    kept = Quarantine.objects.get()
    assert (kept.code, kept.body) == ("poison", doc)
    assert "was killed" in kept.detail
    assert not Event.objects.exists()


def test_batch__process_killed_once_at_it__is_applied() -> None:
    killed_at(*waiting(1))

    assert drain_until_idle(linger_s=0) == 1
    assert Event.objects.count() == 1
    assert left_in_hand() == []


def test_batches__process_killed_at_several__counts_none_and_applies_each_alone() -> None:
    pks = waiting(3)
    killed_at(*pks)

    done = apply_left_behind()

    assert (done.batches, done.events) == (3, 3)
    assert not InboxBatch.objects.exists()


def test_batches__process_killed_after_its_commit__changes_nothing() -> None:
    (pk,) = waiting(1)
    drain_until_idle(linger_s=0)
    killed_at(pk)

    assert drain_until_idle(linger_s=0) == 0
    assert Event.objects.count() == 1
    assert not Quarantine.objects.exists()


def test_left_in_hand__process_that_lives__is_not_told_of() -> None:
    waiting(1)
    drain_until_idle(linger_s=0)
    folder = Path(settings.DATA_DIR) / "in-hand"

    assert len(list(folder.glob("*.pks"))) == 1
    assert left_in_hand() == []
    assert len(list(folder.glob("*.pks"))) == 1
