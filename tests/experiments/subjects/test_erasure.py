"""An erased unit is nowhere, does not come back, and takes nothing else with it."""

import json
import uuid
from typing import Any

import pytest
from django.utils import timezone

from analytics.models import Analysis
from experiments.drain import drain_once
from experiments.models import Change, Erasure, Event, InboxBatch, Quarantine, Slate, Tally
from experiments.subjects.erasure import ask_erasure, lift_erasure, run_erasure
from tests.experiments.subjects.marked import (
    ACCOUNT,
    MARK,
    SESSION,
    STAYS,
    Shop,
    a_purchase,
    a_shop,
    analysed,
    apply_everything,
    later,
    leave_traces,
    of_visitor,
)
from tests.experiments.subjects.traces import artifact_with, files_with, rows_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return a_shop()


def erase(shop: Shop, unit_type: str = "visitor", unit_id: str = MARK, **asked: Any) -> Erasure:
    """Erase a unit whole; return the first erasure asked for."""
    erasures = ask_erasure(subject=shop.subject(unit_type, unit_id), actor="sam", **asked)
    for each in erasures:
        done = run_erasure(erasure_id=each.pk, now=later())
        assert done is not None
        assert (done.error, done.finished_at is not None) == ("", True)
    erasures[0].refresh_from_db()
    return erasures[0]


def dropped() -> int:
    return sum(Tally.objects.values_list("dropped", flat=True))


def test_visitor__erased__leaves_no_trace_in_tables_files_and_artifacts(shop: Shop) -> None:
    leave_traces(shop)
    assert {each.partition(".")[2] for each in rows_with(MARK)} >= {
        "Event.visitor_id",
        "Slate.visitor_id",
        "Exposure.unit_id",
        "InboxBatch.doc",
        "Quarantine.body",
        "Duplicate.visitor_id",
        "UnitLink.visitor_id",
        "FlaggedUnit.unit_id",
        "Override.unit_id",
    }
    assert any("parquet" in each for each in files_with(MARK))
    assert artifact_with(MARK)

    erasure = erase(shop)

    assert (rows_with(MARK), files_with(MARK), artifact_with(MARK)) == ([], [], [])
    assert erasure.removed["events"] >= 2
    assert erasure.removed["exports"] >= 3
    assert erasure.removed["inbox"] == 1


def test_visitor__erased__takes_nothing_of_another_with_it(shop: Shop) -> None:
    leave_traces(shop)
    before = sorted(rows_with(STAYS))
    body = Quarantine.objects.get(body__contains=STAYS).body

    erase(shop)

    assert sorted(rows_with(STAYS)) == before
    assert files_with(STAYS)
    assert artifact_with(STAYS)
    assert Quarantine.objects.get().body == body
    apply_everything()
    bought = Event.objects.filter(type="purchase").values_list("amount", flat=True)
    assert sorted(amount or 0 for amount in bought) == [8, 1_000]


def test_analysis__stored_before_an_erasure__keeps_its_sums(shop: Shop) -> None:
    leave_traces(shop)
    apply_everything()
    stored = analysed(shop.experiment)
    kept = json.dumps([stored.moments, stored.results])

    erase(shop)

    again = Analysis.objects.get(pk=stored.pk)
    assert json.dumps([again.moments, again.results]) == kept
    assert MARK not in kept


def test_events__that_come_after_an_erasure__are_dropped_and_counted(shop: Shop) -> None:
    erase(shop)

    receipt = shop.send(a_purchase(MARK), a_purchase(STAYS))
    apply_everything()

    assert (receipt["accepted"], dropped()) == (2, 1)
    assert list(Event.objects.values_list("visitor_id", flat=True)) == [STAYS]
    assert rows_with(MARK) == []


def test_list__for_an_erased_unit__is_served_and_not_recorded(shop: Shop) -> None:
    erase(shop)

    answer = shop.recommend(MARK)
    apply_everything()

    assert len(answer["items"]) == 10
    assert answer["exposure"] == {"recorded": "none", "token": None}
    assert not Slate.objects.exists()


def test_refused_event__of_an_erased_unit__is_not_kept(shop: Shop) -> None:
    erase(shop)

    receipt = shop.send(of_visitor(MARK, "purchase"), of_visitor(STAYS, "purchase"))

    assert [each["code"] for each in receipt["rejected"]] == ["missing_value"] * 2
    assert [STAYS in row.body for row in Quarantine.objects.all()] == [True]


def test_slate__under_way_when_its_unit_was_erased__is_dropped(shop: Shop) -> None:
    shop.recommend(MARK)
    ask_erasure(subject=shop.subject(), actor="sam")

    apply_everything()

    assert not Slate.objects.exists()


def test_erasure__killed_between_two_rounds__goes_on_and_counts_once(shop: Shop) -> None:
    leave_traces(shop)
    (asked,) = ask_erasure(subject=shop.subject(), actor="sam")

    first = run_erasure(erasure_id=asked.pk, now=timezone.now())
    assert first is not None
    assert first.finished_at is None
    before = dict(first.removed)
    last = run_erasure(erasure_id=asked.pk, now=later())

    assert last is not None
    assert last.finished_at is not None
    assert "pending" in before
    assert {**last.removed, "pending": before["pending"]} == before
    assert run_erasure(erasure_id=asked.pk, now=later()) is None


def test_account__erased__takes_the_visitors_that_are_its_alone(shop: Shop) -> None:
    shared = {"unit": {"visitor_id": "shared", "account_id": ACCOUNT}}
    other = {"unit": {"visitor_id": "shared", "account_id": "other"}}
    shop.send(
        of_visitor(MARK, "page_view"),
        {**of_visitor("x", "page_view"), **shared},
        {**of_visitor("x", "page_view"), **other},
    )
    apply_everything()

    erase(shop, "account", ACCOUNT)

    assert [*rows_with(ACCOUNT), *rows_with(MARK), *rows_with(SESSION)] == []
    assert list(Event.objects.values_list("visitor_id", "account_id")) == [("shared", "other")]


def test_account__erased_without_its_visitors__leaves_what_they_did_signed_out(shop: Shop) -> None:
    shop.send(of_visitor(MARK, "page_view"))
    apply_everything()

    asked = ask_erasure(subject=shop.subject("account", ACCOUNT), actor="sam", linked=False)

    assert [each.unit_type for each in asked] == ["account"]


def test_visitor__asked_with_linked__is_refused(shop: Shop) -> None:
    with pytest.raises(Exception, match="only an account"):
        ask_erasure(subject=shop.subject(), actor="sam", linked=True)


def test_erasure__on_record__names_nobody(shop: Shop) -> None:
    leave_traces(shop)

    erasure = erase(shop)

    changes = Change.objects.filter(subject=f"visitor {erasure.digest[:12]}")
    assert list(changes.values_list("action", "actor").order_by("pk")) == [
        ("erase", "sam"),
        ("erased", "armature"),
    ]
    assert MARK not in json.dumps(list(changes.values("before", "after")))


def test_unit__whose_erasure_is_lifted__is_recorded_again(shop: Shop) -> None:
    erasure = erase(shop)
    lift_erasure(erasure=erasure, actor="sam", reason="is back")

    shop.send(a_purchase(MARK))
    shop.recommend(MARK)
    apply_everything()

    assert Event.objects.get().visitor_id == MARK
    assert Slate.objects.get().visitor_id == MARK


def test_waiting_events__beside_an_erased_unit__keep_their_spelling(shop: Shop) -> None:
    stays = a_purchase(STAYS, properties={"b": 1.50, "a": "é"})
    shop.send(a_purchase(MARK), stays)
    apply_nothing = InboxBatch.objects.get().doc
    erase(shop)
    assert MARK in apply_nothing

    shop.send(stays)
    apply_everything()

    assert Event.objects.count() == 1
    assert not Quarantine.objects.exists()  # the same event, not another with its id


def test_refused_batch__with_an_erased_unit__keeps_the_others(shop: Shop) -> None:
    events = [a_purchase(MARK), a_purchase(STAYS)]
    Quarantine.objects.create(
        site=shop.site,
        received_at=timezone.now(),
        code="poison",
        body=json.dumps({"trusted": True, "events": events}),
    )

    erasure = erase(shop)

    left = json.loads(Quarantine.objects.get().body)["events"]
    assert [each["unit"]["visitor_id"] for each in left] == [STAYS]
    assert erasure.removed == {"quarantine": 1}


def test_unit__of_the_same_name_elsewhere__stays(shop: Shop) -> None:
    other = a_shop("other")
    for each in (shop, other):
        each.send(a_purchase(MARK, event_id=str(uuid.uuid4())))
    apply_everything()

    erase(shop)

    assert Event.objects.get().site == other.site
    other.send(a_purchase(MARK))
    assert drain_once().events == 1


def test_logs__of_a_visitors_whole_path__name_nobody(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    leave_traces(shop)
    InboxBatch.objects.create(
        site=shop.site,
        kind=InboxBatch.Kind.EVENTS,
        received_at=timezone.now(),
        doc=json.dumps({"trusted": 1, "events": [{"unit": {"visitor_id": MARK}}]}),
    )
    apply_everything()
    shop.caller.post("recommendations", {"unit": {"visitor_id": MARK}, "placement": MARK * 9})
    shop.caller.post("subjects/access", {"unit_type": "visitor", "unit_id": MARK})

    erase(shop)

    assert "failed" in caplog.text
    assert "erasure finished" in caplog.text
    assert not {name for name in (MARK, ACCOUNT, SESSION) if name in caplog.text}
