"""What is accepted and refused at the door is counted as it is kept."""

import threading
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from experiments import snapshot
from experiments.intake.accepting import accept_events
from experiments.intake.tallies import SLOTS, own_slot
from experiments.models import InboxBatch, Quarantine, Site, Tally
from tests.experiments.drain.waiting import an_event
from tests.factories import a_site

pytestmark = pytest.mark.django_db


def accept(site: Site, *events: dict[str, Any] | bytes, api_key_id: int | None = 7) -> None:
    now = datetime.now(UTC)
    raw = [each if isinstance(each, bytes) else msgspec.json.encode(each) for each in events]
    accept_events(
        site=snapshot.current().sites[site.pk],
        events=[msgspec.Raw(each) for each in raw],
        is_trusted=True,
        now=now,
        received_at=now,
        api_key_id=api_key_id,
    )


def fresh(**fields: Any) -> dict[str, Any]:
    return an_event(at=datetime.now(UTC), **fields)


def test_accept__good_and_bad__are_counted_where_they_are_kept() -> None:
    site = a_site()

    accept(site, fresh(), fresh(), fresh(rank=0))
    accept(site, fresh())

    tally = Tally.objects.get()
    assert (tally.accepted, tally.refused, tally.slot) == (3, 1, own_slot())
    assert sorted(InboxBatch.objects.values_list("n_events", flat=True)) == [1, 2]
    assert Quarantine.objects.get().api_key_id == 7


def test_accept__nothing_good__counts_the_refused_alone() -> None:
    accept(a_site(), fresh(rank=0), b"[1]")

    tally = Tally.objects.get()
    assert (tally.accepted, tally.refused) == (0, 2)
    assert not InboxBatch.objects.exists()


def test_accept__transaction_undone__counts_nothing() -> None:
    site = a_site()

    with transaction.atomic():
        accept(site, fresh(), fresh(rank=0))
        transaction.set_rollback(True)

    assert not Tally.objects.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite takes two statements")
def test_accept__all_good_on_postgresql__is_one_round_trip() -> None:
    site = a_site()

    with CaptureQueriesContext(connection) as queries:
        accept(site, fresh(), fresh())

    assert [query["sql"].split()[0] for query in queries if "SELECT" not in query["sql"]] == [
        "WITH"
    ]


def test_slots__of_eight_threads__are_their_own() -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(own_slot())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(found)) == 8
    assert all(1 <= slot <= SLOTS for slot in found)


@pytest.mark.parametrize(
    ("body", "kept", "is_cut"),
    [
        (b'{"a":"' + b"x" * 60_000 + b'"}', 60_008, False),
        (b'{"a":"' + b"x" * 70_000 + b'"}', 4_096, True),
        (b'{"a":"' + b"x" * 60_000, 4_096, True),
    ],
)
def test_refused__long__is_kept_whole_when_it_can_be_replayed(
    body: bytes, kept: int, is_cut: bool
) -> None:
    accept(a_site(), body)

    row = Quarantine.objects.get()
    assert (len(row.body), row.is_cut) == (kept, is_cut)
