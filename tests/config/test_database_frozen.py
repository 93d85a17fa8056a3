"""A PostgreSQL that stops answering, with its connections open, holds nobody for ever."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from config import env
from config.postgresql.base import GRACE_S, DatabaseWrapper
from tests.services import MissingServerError, a_postgresql_to_kill

pytestmark = pytest.mark.django_db  # of other databases than its own

PATIENCE_S = 1
LATE_S = 5.0  # the machine may be busy


@pytest.fixture
def url() -> Iterator[str]:
    try:
        with a_postgresql_to_kill() as (found, _kill):
            yield found
    except MissingServerError as error:
        pytest.skip(str(error))


def connected(url: str, monkeypatch: pytest.MonkeyPatch, **limits: int) -> BaseDatabaseWrapper:
    monkeypatch.setenv("ANY_URL", url)
    found = env.database("ANY_URL", Path("unused"), **limits)
    whole = {
        "ATOMIC_REQUESTS": False,
        "AUTOCOMMIT": True,
        "TIME_ZONE": None,
        "TEST": {},
        **found,
    }
    return DatabaseWrapper(whole, "frozen")


def answer(database: BaseDatabaseWrapper, sql: str) -> object:
    with database.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    return row[0] if row else None


@contextmanager
def frozen(database: BaseDatabaseWrapper) -> Iterator[None]:
    """Stop the server's process of a connection and the one that accepts; sockets stay open."""
    pid = int(str(answer(database, "SELECT pg_backend_pid()")))
    parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    for each in (pid, parent):
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in (pid, parent):
            os.kill(each, signal.SIGCONT)


def seconds_until_refused(doing: Callable[[], object]) -> float:
    began = time.monotonic()
    with pytest.raises((OperationalError, InterfaceError)):
        doing()
    return time.monotonic() - began


def test_answer__that_does_not_come__is_waited_for_so_long_and_the_next_is_a_new_one(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = connected(url, monkeypatch, patience_s=PATIENCE_S)

    with frozen(database):
        waited = seconds_until_refused(lambda: answer(database, "SELECT 1"))
    database.close_if_unusable_or_obsolete()

    assert PATIENCE_S <= waited < PATIENCE_S + GRACE_S + LATE_S
    assert answer(database, "SELECT 2") == 2
    database.close()


def test_connection__that_is_not_accepted__is_given_up(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = connected(url, monkeypatch, connect_s=2)
    second = connected(url, monkeypatch, connect_s=2)

    with frozen(first):
        waited = seconds_until_refused(lambda: answer(second, "SELECT 1"))

    assert waited < 2 + LATE_S
    first.close()


def test_statement__that_takes_too_long__is_ended_by_the_server_and_the_connection_stays(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = connected(url, monkeypatch, patience_s=PATIENCE_S)
    before = answer(database, "SELECT pg_backend_pid()")

    waited = seconds_until_refused(lambda: answer(database, "SELECT pg_sleep(60)"))

    assert PATIENCE_S <= waited < PATIENCE_S + LATE_S
    assert answer(database, "SELECT pg_backend_pid()") == before
    database.close()


def test_limits__of_the_urls_query__go_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANY_URL", "postgresql://db/name?connect_timeout=9&patience_s=0")

    options = env.database("ANY_URL", Path("unused"), connect_s=3, patience_s=10)["OPTIONS"]

    assert (options["connect_timeout"], options["patience_s"]) == ("9", "0")


def test_limits__of_sqlite__are_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANY_URL", raising=False)

    found = env.database("ANY_URL", Path("/data/file"), connect_s=3, patience_s=10)

    assert "patience_s" not in found["OPTIONS"]
