"""A statement that takes too long is ended, says so, and leaves the connection as it was."""

import time

import pytest
from django.db import DatabaseError, connection, transaction

from analytics.engines.limits import interrupted_after, statement_limit
from analytics.errors import TooSlowError

pytestmark = pytest.mark.django_db

# Billions of rows, made one by one: hours of work on any machine.
ENDLESS = """WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000000000)
SELECT SUM(i) FROM n"""


def ask(sql: str, seconds: float | None = None) -> object:
    with (
        transaction.atomic(),
        connection.cursor() as cursor,
        statement_limit(cursor, seconds),
    ):
        cursor.execute(sql)
        return cursor.fetchall()[0][0]


def test_statement__longer_than_it_may_take__is_ended_with_the_setting_that_gives_more() -> None:
    start = time.monotonic()

    with pytest.raises(TooSlowError, match=r"0\.2 s .* ARMATURE_METRIC_TIMEOUT"):
        ask(ENDLESS, 0.2)

    assert time.monotonic() - start < 20


def test_statement__after_one_that_was_ended__takes_as_long_as_it_needs() -> None:
    long_s = "SELECT COUNT(*) FROM (" + ENDLESS.replace("9000000000", "300000") + ") q"
    with pytest.raises(TooSlowError):
        ask(ENDLESS, 0.05)

    assert ask(long_s, 0) == 1


def test_statement__that_fails_by_itself__keeps_its_own_error() -> None:
    with pytest.raises(DatabaseError, match="no_such_table"):
        ask("SELECT 1 FROM no_such_table", 5)


def test_statement_limit__nothing_given__is_the_installations(settings: object) -> None:
    settings.METRIC_TIMEOUT_S = 1  # type: ignore[attr-defined]

    with pytest.raises(TooSlowError, match="1 s"):
        ask(ENDLESS)


def test_interrupted_after__work_that_goes_on__is_told_to_stop() -> None:
    def work() -> None:
        while not told:
            time.sleep(0.01)
        raise RuntimeError("told to stop")

    told: list[bool] = []

    with pytest.raises(TooSlowError), interrupted_after(lambda: told.append(True), 0.05):
        work()


def test_interrupted_after__work_that_fails_in_time__keeps_its_own_error() -> None:
    with pytest.raises(ZeroDivisionError), interrupted_after(lambda: None, 60):
        raise ZeroDivisionError
