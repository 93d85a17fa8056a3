"""A pass that met another one is tried again; a batch that exceeds a limit is set aside."""

from collections.abc import Iterator

import pytest
from django.db import connection

from experiments.drain import drain_once
from experiments.drain.isolating import MAX_RETRIES
from experiments.models import Event, InboxBatch
from experiments.registries import APPLIERS, Touched
from tests.experiments.drain.waiting import an_event, put_events
from tests.factories import a_site

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer"),
]
RAISE = "DO $$ BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = '{code}'; END $$"


class Refusals:
    """Lets the server refuse so many passes with an error code."""

    def __init__(self) -> None:
        self.code, self.left = "40P01", 0

    def __call__(self, _touched: Touched) -> None:
        if self.left:
            self.left -= 1
            with connection.cursor() as cursor:
                cursor.execute(RAISE.format(code=self.code))


@pytest.fixture
def refusals() -> Iterator[Refusals]:
    refusals = Refusals()
    APPLIERS.append(refusals)
    yield refusals
    APPLIERS.remove(refusals)


@pytest.mark.parametrize("code", ["40P01", "40001"])
@pytest.mark.parametrize(("times", "applied"), [(MAX_RETRIES, 1), (MAX_RETRIES + 1, 0)])
def test_pass__deadlock_or_serialisation_failure__is_repeated_three_times(
    refusals: Refusals, code: str, times: int, applied: int
) -> None:
    refusals.code, refusals.left = code, times
    put_events(a_site(), an_event())

    done = drain_once()

    assert (done.events, refusals.left) == (applied, 0)
    assert Event.objects.count() == applied
    assert not InboxBatch.objects.filter(attempts__gt=0).exists()


def test_pass__limit_exceeded_once__counts_an_attempt(refusals: Refusals) -> None:
    refusals.code, refusals.left = "54001", 1
    put_events(a_site(), an_event())

    first, second = drain_once(), drain_once()

    assert (first.events, second.events) == (0, 1)
    assert not InboxBatch.objects.exists()
