"""Replay: what was refused goes in again, as it is or corrected, and counts exactly once."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from experiments.drain import drain_once
from experiments.errors import NotFound
from experiments.models import Change, Event, Exposure, InboxBatch, Quarantine, Site
from experiments.services.replay import ReplayRefused, discard_event, replay_event, replay_many
from tests.callers import Caller, an_event, caller_for
from tests.factories import a_site, draft_experiment, running_experiment

pytestmark = pytest.mark.django_db
EUR = {"currency": "EUR"}


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def shop(site: Site) -> Caller:
    return caller_for(site, "events")


def refused(shop: Caller, event: dict[str, Any]) -> Quarantine:
    """Send an event and apply what waits; return the row that was kept of it."""
    shop.post("events", {"events": [event]})
    drain_once()
    return Quarantine.objects.latest("id")


def replayed(row: Quarantine, body: Any = None) -> int:
    """Replay a row and apply what waits; return how many events went in."""
    text = None if body is None else json.dumps(body)
    done = replay_event(site_id=row.site_id, quarantine_id=row.pk, actor="ada", body=text)
    drain_once()
    return done.n_events


def refusal_of(row: Quarantine, body: Any = None) -> tuple[str, str | None]:
    with pytest.raises(ReplayRefused) as caught:
        replayed(row, body)
    return caught.value.code, caught.value.field


def test_event__corrected__counts_once_and_keeps_its_id(shop: Caller) -> None:
    bad = an_event("purchase", value={"amount": -5, **EUR})
    row = refused(shop, bad)

    counts = [replayed(row, bad | {"value": {"amount": 5, **EUR}}) for _click in range(2)]

    event = Event.objects.get()
    assert counts == [1, 0]
    assert (str(event.event_id), event.amount, event.is_verified) == (bad["event_id"], 5, True)
    row.refresh_from_db()
    assert row.replayed_at is not None
    assert row.replayed_by == "ada"
    assert not InboxBatch.objects.exists()


def test_event__corrected_wrongly__is_refused_by_the_field_and_stays(shop: Caller) -> None:
    bad = an_event("purchase", value={"amount": -5, **EUR})
    row = refused(shop, bad)

    assert refusal_of(row) == ("negative_amount", "value.amount")
    assert refusal_of(row, bad | {"value": {"amount": 5, "currency": "USD"}}) == (
        "currency_mismatch",
        "value.currency",
    )
    assert refusal_of(row, [1])[0] == "invalid_field"
    row.refresh_from_db()
    assert row.replayed_at is None


def test_event__corrected_under_another_id__is_refused(shop: Caller) -> None:
    bad = an_event("purchase", value={"amount": -5, **EUR})
    row = refused(shop, bad)

    other = bad | {"event_id": str(uuid.uuid4()), "value": {"amount": 5, **EUR}}

    assert refusal_of(row, other) == ("id_changed", "event_id")


def test_event__with_a_malformed_id__takes_one_that_is_chosen(shop: Caller) -> None:
    bad = an_event(event_id="17")
    row = refused(shop, bad)
    chosen = str(uuid.uuid4())

    assert refusal_of(row)[1] == "event_id"
    assert replayed(row, bad | {"event_id": chosen}) == 1
    assert str(Event.objects.get().event_id) == chosen


def test_event__too_old__is_replayed_as_it_is_on_its_own_day(shop: Caller) -> None:
    occurred_at = datetime.now(UTC) - timedelta(days=30)
    row = refused(shop, an_event(occurred_at=occurred_at.isoformat()))

    assert row.code == "too_old"
    assert replayed(row) == 1
    assert Event.objects.get().day == occurred_at.date().isoformat()


def test_event__in_a_currency_that_is_the_sites_now__is_replayed_as_it_is(
    site: Site, shop: Caller
) -> None:
    row = refused(shop, an_event("purchase", value={"amount": 5, "currency": "USD"}))
    site.currency = "USD"
    site.save()

    assert replayed(row) == 1
    assert Event.objects.get().currency == "USD"


def test_event__in_conflict__needs_an_id_of_its_own(shop: Caller) -> None:
    first = an_event(item_id="a")
    shop.post("events", {"events": [first]})
    drain_once()
    row = refused(shop, first | {"item_id": "b"})
    assert row.code == "conflict"

    assert refusal_of(row) == ("conflict", "event_id")
    assert refusal_of(row, json.loads(row.body)) == ("conflict", "event_id")
    assert replayed(row, json.loads(row.body) | {"event_id": str(uuid.uuid4())}) == 1
    assert sorted(Event.objects.values_list("item_id", flat=True)) == ["a", "b"]


def test_event__sent_again_rightly_meanwhile__has_nothing_left_to_replay(shop: Caller) -> None:
    old = an_event(occurred_at=(datetime.now(UTC) - timedelta(days=8)).isoformat())
    row = refused(shop, old)
    shop.post("events", {"events": [old | {"occurred_at": datetime.now(UTC).isoformat()}]})
    drain_once()

    assert refusal_of(row) == ("conflict", "event_id")
    assert Event.objects.count() == 1


def test_event__cut_short__says_so_and_takes_a_whole_one(shop: Caller) -> None:
    row = refused(shop, an_event("purchase", value={"amount": -5, **EUR}))
    Quarantine.objects.update(is_cut=True)
    whole = json.loads(row.body) | {"value": {"amount": 5, **EUR}}

    assert refusal_of(row)[0] == "cut_body"
    assert replayed(row, whole) == 1


def test_event__by_segments_protocol__is_translated_again(shop: Caller) -> None:
    message = {
        "type": "track",
        "event": "Product Viewed",
        "messageId": str(uuid.uuid4()),
        "anonymousId": "v-9",
        "timestamp": "2020-01-01T00:00:00Z",
        "properties": {"product_id": "sku-1"},
    }
    shop.client.post(
        "/v1/batch", {"batch": [message]}, content_type="application/json", headers=shop.headers
    )
    row = Quarantine.objects.get()

    assert (row.code, row.event_id) == ("too_old", message["messageId"])
    assert replayed(row) == 1
    assert Event.objects.get().type == "view_item"


def test_exposure__of_an_experiment_that_exists_now__is_recorded(shop: Caller, site: Site) -> None:
    claim = {"experiment": "home-test", "variant": "control"}
    rows = [
        refused(shop, an_event("exposure", unit={"visitor_id": f"v-{n}"}, properties=claim))
        for n in range(8)
    ]
    assert {row.code for row in rows} == {"exposure_mismatch"}
    draft_experiment(site, "another")
    assert refusal_of(rows[0]) == ("exposure_mismatch", "properties")
    running_experiment(site, "home-test")

    held = [pk for row in rows for pk in [row.pk] if _holds(row)]

    assert 0 < len(held) < 8
    assert Exposure.objects.count() == len(held)
    assert Event.objects.count() == 8


def _holds(row: Quarantine) -> bool:
    try:
        return replayed(row) == 1
    except ReplayRefused:
        return False


def test_batch__that_was_poison__goes_in_whole_and_counts_once(site: Site, shop: Caller) -> None:
    shop.post("events", {"events": [an_event(), an_event()]})
    doc = InboxBatch.objects.get().doc
    drain_once()
    row = Quarantine.objects.create(
        site=site, received_at=datetime.now(UTC), code="poison", body=doc, detail="events batch"
    )

    with pytest.raises(ReplayRefused):
        replay_event(site_id=site.pk, quarantine_id=row.pk, actor="ada", body="{}")
    assert replayed(row) == 2
    assert Event.objects.count() == 2


def test_replay__of_another_sites_row__finds_nothing(shop: Caller) -> None:
    row = refused(shop, an_event(event_id="x"))
    other = a_site("other")

    for act in (replay_event, discard_event):
        with pytest.raises(NotFound):
            act(site_id=other.pk, quarantine_id=row.pk, actor="eve")


def test_many__of_which_some_cannot__are_counted_by_what_became_of_them(
    site: Site, shop: Caller
) -> None:
    old = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    events = [an_event(occurred_at=old), an_event(event_id="x"), an_event(occurred_at=old)]
    shop.post("events", {"events": events})
    rows = list(Quarantine.objects.order_by("pk").values_list("pk", flat=True))

    first = replay_many(site_id=site.pk, rows=rows, actor="ada", most=2)
    rest = replay_many(site_id=site.pk, rows=rows[2:], actor="ada")
    drain_once()

    assert (first.replayed, dict(first.refused), first.last) == (1, {"invalid_field": 1}, rows[1])
    assert (rest.replayed, rest.last) == (1, None)
    assert Event.objects.count() == 2


def test_acts__on_what_was_refused__are_on_record_without_its_body(shop: Caller) -> None:
    old = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    replayed(refused(shop, an_event(occurred_at=old)))
    gone = refused(shop, an_event(event_id="x"))

    discard_event(site_id=gone.site_id, quarantine_id=gone.pk, actor="ada", reason="a test")

    told = list(Change.objects.order_by("id").values_list("action", "actor", "reason"))
    assert told == [("replay", "ada", ""), ("discard", "ada", "a test")]
    assert "v-1" not in json.dumps(list(Change.objects.values("before", "after")))
    assert not Quarantine.objects.filter(pk=gone.pk).exists()
