"""The one statement of a request that goes past the cursors, on PostgreSQL."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from experiments.intake.inbox import STORE_SLATES
from experiments.models import InboxBatch, Site
from tests.factories import NOW, a_site

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'", reason="only PostgreSQL is asked this way"
    ),
]


def _store(site: Site, doc: str = '{"slates":[]}') -> None:
    _wrapper().execute_quickly(STORE_SLATES, [str(site.pk), NOW.isoformat(), doc], seconds=2.0)


def _wrapper() -> Any:
    return connection


def test_quickly__two_rows__are_committed_by_a_statement_prepared_once() -> None:
    site = a_site()

    _store(site)
    _store(site, '{"slates":[],"é":"%s"}')

    assert list(InboxBatch.objects.order_by("id").values_list("doc", flat=True)) == [
        '{"slates":[]}',
        '{"slates":[],"é":"%s"}',
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'quick%%'", [])
        assert cursor.fetchone() == (1,)


def test_quickly__refused_by_the_server__raises_and_leaves_the_connection_good() -> None:
    site = a_site()

    with pytest.raises(IntegrityError):
        _wrapper().execute_quickly(
            STORE_SLATES.replace("'slates'", "NULL"),
            [str(site.pk), NOW.isoformat(), "{}"],
            seconds=2.0,
        )
    _store(site)

    assert InboxBatch.objects.count() == 1


def test_quickly__inside_a_transaction__is_rolled_back_with_it() -> None:
    site = a_site()

    with transaction.atomic():
        _store(site)
        transaction.set_rollback(True)

    assert not InboxBatch.objects.exists()


def test_quickly__server_that_forgot_what_was_prepared__is_asked_as_usual() -> None:
    site = a_site()
    _store(site)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")

    _store(site)
    _store(site)

    assert InboxBatch.objects.count() == 3


def test_quickly__no_answer_in_time__closes_the_connection() -> None:
    with pytest.raises(Exception, match="no answer from the server in time"):
        _wrapper().execute_quickly("SELECT pg_sleep(%s::float8)", ["5"], seconds=0.2)

    assert connection.connection.closed
    connection.close()
