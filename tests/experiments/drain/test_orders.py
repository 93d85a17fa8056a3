"""Refunds stand on the purchase of their order, whatever comes first and however late."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from experiments.drain import drain_once
from experiments.models import Event, Site
from tests.experiments.drain.waiting import a_purchase, an_event, put_events
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def a_refund(amount: int, **fields: Any) -> dict[str, Any]:
    return an_event("refund", value={"amount": amount, "currency": "EUR"}, **fields)


def arrive(site: Site, *documents: Sequence[dict[str, Any]]) -> None:
    """Apply these documents one pass after the other."""
    for events in documents:
        put_events(site, *events)
        drain_once()


def taken_back() -> dict[int | None, tuple[int, int]]:
    """Return what stands on each purchase, by its amount."""
    rows = Event.objects.filter(type="purchase")
    return {row.amount: (row.refunded, row.refunded_quantity) for row in rows}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_refunds__of_an_order__stand_on_its_purchase_in_any_order(order: Sequence[int]) -> None:
    facts = [
        a_purchase(5000, order_id="o-1", quantity=3),
        a_refund(700, order_id="o-1", quantity=1, at=NOW + HOUR, unit={"account_id": "clerk"}),
        a_refund(300, order_id="o-1", at=NOW + 2 * HOUR, unit={}),
    ]

    arrive(a_site(), *([facts[place]] for place in order))

    assert taken_back() == {5000: (1000, 1)}


def test_refund__in_the_pass_of_its_purchase__stands_on_it() -> None:
    arrive(a_site(), [a_refund(700, order_id="o-1"), a_purchase(5000, order_id="o-1")])

    assert taken_back() == {5000: (700, 0)}


@pytest.mark.parametrize("is_later_first", [True, False])
def test_order__bought_twice__carries_its_refunds_on_the_earliest(is_later_first: bool) -> None:
    documents = [
        [a_purchase(5000, order_id="o-1")],
        [a_purchase(4000, order_id="o-1", at=NOW - HOUR)],
    ]
    documents = documents if is_later_first else documents[::-1]

    arrive(a_site(), documents[0], [a_refund(100, order_id="o-1")], documents[1])

    assert taken_back() == {5000: (0, 0), 4000: (100, 0)}


def test_refund__of_no_order_or_another_sites__takes_nothing_back() -> None:
    ours, theirs = a_site("ours"), a_site("theirs")

    arrive(ours, [a_purchase(5000, order_id="o-1"), a_purchase(4000), a_refund(9)])
    arrive(theirs, [a_refund(100, order_id="o-1")])

    assert taken_back() == {5000: (0, 0), 4000: (0, 0)}


def test_refund__sent_twice__counts_once() -> None:
    refund = a_refund(100, order_id="o-1")

    arrive(a_site(), [a_purchase(5000, order_id="o-1")], [refund], [refund, refund])

    assert taken_back() == {5000: (100, 0)}


def test_refunds__beyond_the_amount__are_counted_as_they_are_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING, "experiments.drain.orders"):
        arrive(a_site(), [a_purchase(500, order_id="o-1"), a_refund(800, order_id="o-1")])

    assert taken_back() == {500: (800, 0)}
    assert "paid=500 refunded=800" in caplog.text


@pytest.mark.parametrize("is_refund_first", [True, False])
@pytest.mark.parametrize(("days", "back"), [(8, 100), (9, 0)])
def test_refund__dated_days_before_the_purchase__is_of_another_one_beyond_eight(
    days: int, back: int, is_refund_first: bool
) -> None:
    documents = [
        [a_refund(100, order_id="o-1", at=NOW - timedelta(days=days))],
        [a_purchase(5000, order_id="o-1")],
    ]

    arrive(a_site(), *(documents if is_refund_first else documents[::-1]))

    assert taken_back() == {5000: (back, 0)}
