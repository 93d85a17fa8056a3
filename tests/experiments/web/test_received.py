"""The pages of received events: the tail, one event, replay; each asked as a browser does."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from experiments.drain import drain_once
from experiments.models import ApiKey, Duplicate, Event, InboxBatch, Quarantine, Site
from tests.callers import Caller, an_event, caller_for
from tests.experiments.admin.forms import signed_in
from tests.factories import a_site, member

pytestmark = pytest.mark.django_db
TAIL = "/admin/experiments/event/received/"
EVIL = '"><script>alert(1)</script>'
EUR = {"currency": "EUR"}


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def shop(site: Site) -> Caller:
    return caller_for(site, "events")


@pytest.fixture
def ines(site: Site) -> Client:
    return signed_in(member(site, "editor", "ines"))


def bad_purchase(**fields: Any) -> dict[str, Any]:
    return an_event("purchase", value={"amount": -5, **EUR}) | fields


def sent(shop: Caller, *events: dict[str, Any], drained: bool = True) -> None:
    assert shop.post("events", {"events": list(events)}).status_code == 202
    if drained:
        drain_once()


def words(client: Client, **query: str) -> list[tuple[str, str]]:
    """Return what the tail shows: what became of each event, and its code or type."""
    answer = client.get(TAIL, query)
    assert answer.status_code == 200
    return [(row.word, row.code or row.name) for row in answer.context["rows"]]


def refused(shop: Caller, event: dict[str, Any]) -> str:
    """Send a bad event; return the address of its page."""
    sent(shop, event)
    return f"{TAIL}quarantined/{Quarantine.objects.latest('id').pk}/"


def test_tail__of_all_kinds__shows_the_newest_first(ines: Client, shop: Caller) -> None:
    good = an_event("view_item")
    sent(shop, good)
    sent(shop, good)
    sent(shop, bad_purchase())
    sent(shop, an_event("search"), drained=False)

    assert words(ines) == [
        ("waiting", "search"),
        ("quarantined", "negative_amount"),
        ("duplicate", "view_item"),
        ("accepted", "view_item"),
    ]
    assert words(ines, kind="duplicate") == [("duplicate", "view_item")]
    assert words(ines, event_id=good["event_id"].upper()) == [
        ("duplicate", "view_item"),
        ("accepted", "view_item"),
    ]


def test_tail__narrowed__shows_what_matches(ines: Client, shop: Caller, site: Site) -> None:
    other = caller_for(site, "events")
    request_id = str(uuid.uuid4())
    sent(shop, an_event("view_item", unit={"visitor_id": "v-7"}, session_id="s-1"))
    sent(other, an_event("search", request_id=request_id, unit={"account_id": "a-1"}))
    sent(other, bad_purchase(unit={"visitor_id": "v-7"}))
    first, second = ApiKey.objects.order_by("pk").values_list("pk", flat=True)

    assert words(ines, unit="v-7", kind="accepted") == [("accepted", "view_item")]
    assert words(ines, unit="v-7")[0] == ("quarantined", "negative_amount")
    assert words(ines, unit="s-1", unit_type="session") == [("accepted", "view_item")]
    assert words(ines, unit="a-1", unit_type="account") == [("accepted", "search")]
    assert words(ines, request_id=request_id) == [("accepted", "search")]
    assert words(ines, type="search") == [("accepted", "search")]
    assert words(ines, code="negative_amount") == [("quarantined", "negative_amount")]
    assert words(ines, api_key=str(first)) == [("accepted", "view_item")]
    assert len(words(ines, api_key=str(second))) == 2
    assert words(ines, since="2099-01-01T00:00") == []
    assert words(ines, until="2020-01-01T00:00") == []
    today = datetime.now(UTC).date()
    assert words(ines, day=str(today - timedelta(days=3))) == []


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "lost"}, {"request_id": "1"}, {"api_key": "x"}, {"since": "soon"}, {"day": "1"},
        {"unit_type": "dog"}, {"type": "x" * 300}, {"unit": "\x00"}, {"cursor": "a1.a2"},
        {"until": "0001-01-01"}, {"cursor": "'"}, {"until": "9999-12-31T23:59"},
    ],
    ids=str,
)  # fmt: skip
def test_tail__asked_for_nonsense__says_what_is_wrong(ines: Client, query: Any) -> None:
    answer = ines.get(TAIL, query)

    assert answer.status_code == 200
    assert answer.context["problem"].field in query


def test_tail__in_pages__shows_each_event_once(
    ines: Client, shop: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.web.events.listing.PER_PAGE", 4)
    good = [an_event() for _each in range(7)]
    sent(shop, *good)
    sent(shop, *good[:3])
    sent(shop, *(bad_purchase() for _each in range(5)))

    seen: list[str] = []
    query: dict[str, str] = {}
    pages = 0
    while True:
        answer = ines.get(TAIL, query)
        seen += [row.url for row in answer.context["rows"]]
        pages += 1
        older = answer.context["older_url"]
        if not older:
            break
        query = {"cursor": older.rpartition("cursor=")[2]}

    assert len(seen) == len(set(seen)) == 15
    assert pages == 4


def test_tail__part__is_the_tail_alone_and_cheap(
    ines: Client, shop: Caller, django_assert_max_num_queries: Any
) -> None:
    sent(shop, *(an_event() for _each in range(60)))

    with django_assert_max_num_queries(16):
        answer = ines.get(TAIL, {"part": "tail"})

    assert b"<html" not in answer.content
    assert answer.content.count(b"<tr") == 51


def test_event__applied__shows_its_list_and_what_it_counts_for(
    ines: Client, shop: Caller, site: Site
) -> None:
    sent(shop, an_event("purchase", value={"amount": 1999, **EUR}, properties={"n": EVIL}))
    row = Event.objects.get()

    page = ines.get(f"{TAIL}accepted/{row.pk}/").content.decode()

    assert "19.99" in page
    assert "Its unit has met no experiment of this site." in page
    assert "<script>alert" not in page
    elsewhere = f"{TAIL}accepted/{row.pk}/?at=2020-01-01"
    assert ines.get(elsewhere).status_code == 404


def test_event__waiting_and_repeated__have_pages(ines: Client, shop: Caller) -> None:
    event = an_event()
    sent(shop, event)
    sent(shop, event)
    sent(shop, an_event(), an_event("search"), drained=False)
    batch = InboxBatch.objects.get().pk

    assert b"search" in ines.get(f"{TAIL}waiting/{batch}/1/").content
    assert ines.get(f"{TAIL}waiting/{batch}/2/").status_code == 404
    duplicate = Duplicate.objects.get().pk
    assert b"counts for nothing" in ines.get(f"{TAIL}duplicate/{duplicate}/").content


def test_refused__event__is_corrected_replayed_and_seen(ines: Client, shop: Caller) -> None:
    bad = bad_purchase()
    page = refused(shop, bad)
    first = ines.get(page).content.decode()
    assert 'class="ev-failing"' in first
    assert "&quot;amount&quot;: -5" in first

    wrong = ines.post(page, {"do": "correct", "body": json.dumps(bad)})
    assert b"value.amount" in wrong.content
    assert wrong.context["problem"].code == "negative_amount"
    mended = json.dumps(bad | {"value": {"amount": 5, **EUR}})
    for _click in range(2):
        assert ines.post(page, {"do": "correct", "body": mended}).status_code == 302
    drain_once()

    assert words(ines) == [("accepted", "purchase"), ("replayed", "negative_amount")]
    assert b"Replayed by ines" in ines.get(page).content


def test_refused__event_discarded__is_gone(ines: Client, shop: Caller) -> None:
    page = refused(shop, bad_purchase())

    answer = ines.post(page, {"do": "discard", "reason": "a test"})

    assert answer.status_code == 302
    assert not Quarantine.objects.exists()
    assert ines.get(page).status_code == 404


@pytest.mark.parametrize("body", ["", "{", "[]", "null", EVIL, "\ud83d", "[" * 2000, "1e999"])
def test_refused__event_corrected_into_nonsense__is_told_so(
    ines: Client, shop: Caller, body: str
) -> None:
    page = refused(shop, bad_purchase())
    posted = body.encode("utf-8", "replace").decode()

    answer = ines.post(page, {"do": "correct", "body": posted})

    assert answer.status_code == 200
    assert answer.context["problem"].code
    assert "<script>alert" not in answer.content.decode()


def test_hostile__texts_anywhere__are_shown_as_text(ines: Client, shop: Caller) -> None:
    hostile: dict[str, Any] = {"unit": {"visitor_id": EVIL}, "session_id": EVIL, "item_id": EVIL}
    page = refused(shop, an_event("purchase", **hostile, attributes={EVIL: "x" * 300}))
    sent(shop, an_event(**hostile))

    for address in (TAIL, page, f"{TAIL}accepted/{Event.objects.get().pk}/"):
        text = ines.get(address).content.decode()
        assert "<script>alert" not in text, address
        assert "&lt;script&gt;alert" in text, address


def test_viewer__of_the_site__looks_and_does_nothing(site: Site, shop: Caller) -> None:
    vera = signed_in(member(site, "viewer", "vera"))
    page = refused(shop, bad_purchase())

    assert words(vera) == [("quarantined", "negative_amount")]
    shown = vera.get(page).content.decode()
    assert "Replay corrected" not in shown
    for do in ("replay", "correct", "discard"):
        assert vera.post(page, {"do": do, "body": "{}"}).status_code == 403
    for method in (vera.get, vera.post):
        assert method(f"{TAIL}replay/?site=shop").status_code == 403
    assert Quarantine.objects.get().replayed_at is None


def test_stranger__of_another_site__finds_nothing(site: Site, shop: Caller) -> None:
    page = refused(shop, bad_purchase())
    eve = signed_in(member(a_site("other"), "admin", "eve"))

    assert words(eve) == []
    for address in (page, f"{TAIL}?site=shop", f"{TAIL}replay/?site=shop"):
        assert eve.get(address).status_code == 404
    assert eve.post(page, {"do": "replay"}).status_code == 404


def test_many__that_match__are_replayed_after_a_question(ines: Client, shop: Caller) -> None:
    old = (datetime.now(UTC) - timedelta(days=9)).isoformat()
    sent(shop, *(an_event(occurred_at=old) for _each in range(3)), bad_purchase())
    address = f"{TAIL}replay/?site=shop&code=too_old"

    asked = ines.get(address)
    assert asked.context["count"] == 3
    assert Quarantine.objects.filter(replayed_at=None).count() == 4
    assert ines.post(address).status_code == 302
    drain_once()

    assert Event.objects.count() == 3
    assert Quarantine.objects.filter(replayed_at=None).count() == 1
    assert ines.get(address).context["count"] == 0
