"""What becomes of an accepted event: its row, its clock, its proof."""

import uuid
from datetime import datetime, timedelta

import pytest

from experiments.drain import drain_once
from experiments.intake.accepting import MAX_AHEAD
from experiments.models import Event
from experiments.tokens import exposure_token
from tests.experiments.drain.waiting import a_purchase, an_event, put_events
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db


def test_event__complete__fills_its_row() -> None:
    site = a_site(timezone_name="Asia/Tokyo")
    at = NOW + timedelta(hours=-20)
    put_events(
        site,
        a_purchase(
            1999,
            at=at,
            unit={"visitor_id": 17, "account_id": "a-1"},
            items=[{"item_id": "sku-1", "quantity": 2, "price": 500}, {"item_id": 5}],
            order_id="o-1",
            session_id="s-1",
            quantity=3,
            rank=2,
            attributes={"plan": "member"},
            properties={"coupon": None},
        ),
    )

    drain_once()

    row = Event.objects.get()
    assert (row.visitor_id, row.account_id, row.session_id) == ("17", "a-1", "s-1")
    assert (row.occurred_at, row.day) == (at, "2026-11-20")
    assert row.ts_us == 1_000_000 * round(at.timestamp())
    assert (row.amount, row.currency, row.order_id, row.order_ref) == (1999, "EUR", "o-1", "o-1")
    assert row.items == [
        {"item_id": "sku-1", "quantity": 2, "price": 500},
        {"item_id": 5, "quantity": 1, "price": None},
    ]
    assert (row.quantity, row.rank) == (3, 2)
    assert (row.attributes, row.properties) == ({"plan": "member"}, {"coupon": None})


def test_purchase__without_value__is_worth_its_items() -> None:
    site = a_site()
    lines = [{"item_id": "a", "quantity": 2, "price": 150}, {"item_id": "b", "price": 99}]
    put_events(site, an_event("purchase", items=lines))

    drain_once()

    row = Event.objects.get()
    assert (row.amount, row.currency, row.order_ref) == (399, "EUR", str(row.event_id))


@pytest.mark.parametrize(
    ("ahead", "expected", "properties"),
    [
        (timedelta(0), NOW, {}),
        (MAX_AHEAD, NOW + MAX_AHEAD, {}),
        (MAX_AHEAD + timedelta(microseconds=1), NOW, {"clock_corrected": True}),
        (timedelta(days=3650), NOW, {"clock_corrected": True}),
        (timedelta(days=-7), NOW - timedelta(days=7), {}),
    ],
)
def test_event__clock_runs_ahead__happened_when_it_arrived(
    ahead: timedelta, expected: datetime, properties: dict[str, bool]
) -> None:
    site = a_site()
    put_events(site, an_event(at=NOW + ahead))

    drain_once()

    row = Event.objects.get()
    assert (row.occurred_at, row.properties) == (expected, properties)


def test_event__of_a_simulated_clock__is_ahead_of_that_clock_only() -> None:
    site = a_site(is_simulated=True)
    future = NOW + timedelta(days=400)
    put_events(site, an_event(at=future), now=future)
    put_events(site, an_event(at=future + timedelta(hours=2)), now=future + timedelta(hours=1))

    drain_once()

    times = set(Event.objects.values_list("occurred_at", flat=True))
    assert times == {future, future + timedelta(hours=1)}


@pytest.mark.parametrize(
    ("case", "is_verified"),
    [("trusted", True), ("token", True), ("no token", False), ("other", False), ("torn", False)],
)
def test_event__by_a_browser__is_verified_by_the_token_of_its_slate(
    case: str, is_verified: bool
) -> None:
    site, request_id = a_site(), uuid.uuid4()
    token = exposure_token(site_id=site.pk, request_id=request_id, variant_id=None)
    other = exposure_token(site_id=site.pk, request_id=uuid.uuid4(), variant_id=None)
    tokens = {"token": token, "other": other, "torn": token[:-1]}
    bought = a_purchase(100, request_id=str(request_id))
    if case in tokens:
        bought["exposure_token"] = tokens[case]
    put_events(site, bought, is_trusted=case == "trusted")

    drain_once()

    assert Event.objects.get().is_verified is is_verified
