"""Recording served lists: at once or a moment later, and saying so when one is lost."""

import logging
import time

import pytest
from django.db import OperationalError, connection
from pytest_django import DjangoAssertNumQueries, Settings

from experiments.drain import drain_once
from experiments.intake import recorder
from experiments.intake.inbox import SLATES_PER_ROW
from experiments.intake.patience import PATIENCE_S
from experiments.intake.recorder import SlateBuffer, mode_of, record_slate
from experiments.intake.recovery import import_spool, recovery
from experiments.intake.segments import segments
from experiments.intake.spool import spool, spool_folder
from experiments.models import InboxBatch, Site, Slate
from tests.experiments.drain.waiting import a_slate, refused_writes
from tests.experiments.intake.hanging import locked_inbox
from tests.factories import a_site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def buffer(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> SlateBuffer:
    """Give every test a buffer of its own, which is written out only when the test says so."""
    settings.EXPOSURE_FLUSH_S = 3600
    fresh = SlateBuffer(size=5)
    monkeypatch.setattr(recorder, "buffer", fresh)
    return fresh


def nobody() -> None:
    """Take a hint to nobody."""


def waiting() -> int:
    return InboxBatch.objects.filter(kind=InboxBatch.Kind.SLATES).count()


def test_mode__automatic__is_durable_where_commits_run_side_by_side() -> None:
    expected = "durable" if connection.vendor == "postgresql" else "buffered"

    assert mode_of("auto") == expected
    assert (mode_of("durable"), mode_of("buffered")) == ("durable", "buffered")


def test_record__durable__is_committed_before_it_returns(buffer: SlateBuffer) -> None:
    site = a_site()
    served = a_slate(site)

    outcome = record_slate(served, mode="durable", send_hint=nobody)

    assert outcome == "committed"
    assert waiting() == 1
    assert buffer.flush() == 0
    drain_once()
    assert Slate.objects.get().request_id == served.request_id


def test_record__buffered__is_committed_with_the_next_flush(buffer: SlateBuffer) -> None:
    site = a_site()

    outcomes = [record_slate(a_slate(site), mode="buffered", send_hint=nobody) for _ in range(3)]

    assert outcomes == ["buffered"] * 3
    assert waiting() == 0
    assert buffer.flush() == 3
    assert waiting() == 1
    assert drain_once().slates == 3


def test_record__full_buffer__spools(buffer: SlateBuffer) -> None:
    site = a_site()

    outcomes = [record_slate(a_slate(site), mode="buffered", send_hint=nobody) for _ in range(7)]

    assert outcomes == ["buffered"] * 5 + ["spooled"] * 2
    assert buffer.lost == 0
    spool.rotate()
    assert import_spool().slates == 2
    assert buffer.flush() == 5


def test_record__full_buffer_and_full_spool__counts_and_says_what_is_lost(
    buffer: SlateBuffer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    site = a_site()
    settings.SPOOL_BYTES = 0

    with caplog.at_level(logging.ERROR, "experiments.intake.recorder"):
        outcomes = [
            record_slate(a_slate(site), mode="buffered", send_hint=nobody) for _ in range(7)
        ]

    assert outcomes == ["buffered"] * 5 + ["lost"] * 2
    assert buffer.lost == 2
    assert "slates lost, no room in spool and buffer count=1 total=2" in caplog.text
    assert buffer.flush() == 5
    assert record_slate(a_slate(site), mode="buffered", send_hint=nobody) == "buffered"


def test_record__database_refuses__spools_and_imports_later() -> None:
    site = a_site()
    served = [a_slate(site) for _ in range(3)]

    with refused_writes("experiments_inboxbatch"):
        outcomes = [record_slate(each, mode="durable", send_hint=nobody) for each in served]
        with pytest.raises(OperationalError):
            recovery.recover()
        assert recovery.is_away
    done = recovery.recover()

    assert outcomes == ["spooled"] * 3
    assert (done.slates, recovery.is_away) == (3, False)
    drain_once()
    assert set(Slate.objects.values_list("request_id", flat=True)) == {
        each.request_id for each in served
    }
    assert record_slate(a_slate(site), mode="durable", send_hint=nobody) == "committed"


def test_recover__refused_again_and_again__cuts_no_further_segments() -> None:
    site = a_site()

    with refused_writes("experiments_inboxbatch"):
        for _ in range(5):
            record_slate(a_slate(site), mode="durable", send_hint=nobody)
            with pytest.raises(OperationalError):
                recovery.recover()

    assert len(segments(spool_folder())) == 2
    assert recovery.recover().slates == 5


def test_record__known_to_be_away__asks_no_database(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    site = a_site()
    recovery.note_away("tests")

    with django_assert_num_queries(0):
        outcomes = [
            record_slate(a_slate(site), mode=mode, send_hint=nobody)
            for mode in ("durable", "buffered")
        ]

    assert outcomes == ["spooled"] * 2


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite in memory refuses at once")
def test_record__database_hangs__spools_after_the_stated_time() -> None:
    site = a_site()
    began = time.monotonic()

    with locked_inbox():
        outcome = record_slate(a_slate(site), mode="durable", send_hint=nobody)

    assert outcome == "spooled"
    assert PATIENCE_S <= time.monotonic() - began < PATIENCE_S + 8
    connection.close()
    assert recovery.recover().slates == 1


def test_record__site_deleted_meanwhile__is_left_to_the_drain() -> None:
    doomed = Site.objects.create(slug="doomed", name="Doomed")
    served = a_slate(doomed)
    doomed.delete()

    outcome = record_slate(served, mode="durable", send_hint=nobody)

    assert outcome == "committed"
    assert not recovery.is_away
    drain_once()
    assert waiting() == 0


def test_buffer__database_refuses__moves_all_to_the_spool_and_asks_no_more(
    buffer: SlateBuffer,
) -> None:
    site = a_site()
    served = [a_slate(site) for _ in range(4)]
    for each in served[:3]:
        record_slate(each, mode="buffered", send_hint=nobody)

    with refused_writes("experiments_inboxbatch"):
        buffer.flush_or_spool()
        later = record_slate(served[3], mode="buffered", send_hint=nobody)
        buffer.flush_or_spool()

    assert later == "spooled"
    assert buffer.flush() == 0
    assert recovery.recover().slates == 4


def test_flush__after_a_failure__keeps_the_order(buffer: SlateBuffer) -> None:
    site = a_site()
    served = [a_slate(site) for _ in range(4)]
    for each in served:
        buffer.add(each, nobody)
    with refused_writes("experiments_inboxbatch"), pytest.raises(OperationalError):
        buffer.flush()

    buffer.flush()

    doc = InboxBatch.objects.get().doc
    places = [doc.index(str(each.request_id)) for each in served]
    assert places == sorted(places)


def test_flush__many_slates_of_two_sites__writes_rows_of_a_bounded_size() -> None:
    one, two = a_site("one"), a_site("two")
    big = SlateBuffer(size=2000)
    for number in range(SLATES_PER_ROW + 10):
        big.add(a_slate(one if number % 2 else two), nobody)

    assert big.flush() == SLATES_PER_ROW + 10

    assert waiting() == 4
    drain_once()
    assert Slate.objects.filter(site=one).count() == SLATES_PER_ROW // 2 + 5


def test_flush__site_deleted_meanwhile__drops_its_slates_and_no_others(
    buffer: SlateBuffer, caplog: pytest.LogCaptureFixture
) -> None:
    doomed, other = Site.objects.create(slug="doomed", name="Doomed"), a_site("other")
    for site in (doomed, other, doomed):
        buffer.add(a_slate(site), nobody)
    doomed.delete()
    assert buffer.flush() == 3

    with caplog.at_level(logging.ERROR, "experiments.drain.gone"):
        drain_once()

    assert "batches dropped, their sites are gone count=1" in caplog.text
    assert waiting() == 0
    assert Slate.objects.get().site == other


def test_flush_at_exit__writes_what_is_queued(buffer: SlateBuffer) -> None:
    buffer.add(a_slate(a_site()), nobody)

    recorder.flush_at_exit()

    assert waiting() == 1


def test_flush_at_exit__database_refuses__spools_what_is_queued(buffer: SlateBuffer) -> None:
    buffer.add(a_slate(a_site()), nobody)

    with refused_writes("experiments_inboxbatch"):
        recorder.flush_at_exit()

    spool.rotate()
    assert (import_spool().slates, buffer.lost) == (1, 0)


def test_flush_at_exit__no_room_anywhere__says_what_is_lost(
    buffer: SlateBuffer, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SPOOL_BYTES = 0
    buffer.add(a_slate(a_site()), nobody)

    with refused_writes("experiments_inboxbatch"), caplog.at_level(logging.ERROR):
        recorder.flush_at_exit()

    assert "slates lost, the process ends count=1" in caplog.text


@pytest.mark.parametrize("mode", ["durable", "buffered"])
def test_record__committed__tells_the_worker(mode: str, buffer: SlateBuffer) -> None:
    from experiments.intake import hints

    heard: list[str] = []
    hints._sender = None

    record_slate(a_slate(a_site()), mode=mode, send_hint=lambda: heard.append("hint"))
    buffer.flush()

    assert hints._sender is not None
    hints._sender.join()
    assert heard == ["hint"]
