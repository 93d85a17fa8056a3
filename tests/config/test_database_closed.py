"""A connection that the server closed is replaced before the next request uses it."""

import psycopg
import pytest
from django.db import connection

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server"),
]


@pytest.fixture
def checked() -> None:
    """Check the connection with its next use, as at the start of a request."""
    connection.ensure_connection()
    connection.health_check_enabled = True  # type: ignore[attr-defined]
    connection.health_check_done = False  # type: ignore[attr-defined]


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    return int(pid)


@pytest.mark.usefixtures("checked")
def test_connection__of_a_server_that_said_nothing__is_kept() -> None:
    before = connection.connection

    backend()

    assert connection.connection is before
    assert connection.health_check_done  # type: ignore[attr-defined]


@pytest.mark.usefixtures("checked")
def test_connection__closed_by_the_server__is_replaced() -> None:
    before = connection.connection.info.backend_pid
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [before])

    assert backend() != before
