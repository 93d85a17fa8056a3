"""A month of three visitors as facts that may arrive in any order, and what they come to."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from experiments.drain import drain_once
from experiments.models import Event, Experiment, Exposure, Site, Slate, UnitLink
from tests.experiments.drain.waiting import (
    a_purchase,
    a_slate,
    an_event,
    put_events,
    put_slates,
    variants_of,
)
from tests.factories import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Fact = Callable[[], None]


def facts_of(site: Site, experiment: Experiment) -> list[Fact]:
    """Return the facts; each call lets one wait in the inbox, as it was accepted at its time.

    v-1 sees the control twice, clicks, buys before, within and after the window of 14 days, signs
    in as a-1, and buys once as a-1 only; its order o-1 is refunded in part by a clerk, after a
    month, and sent again with the refund. A phone whose clock is five hours ahead buys as v-1, so
    does one three hours behind that says when it sent. v-2 meets both variants. v-3 sees the
    treatment and buys quoting the list only.
    """
    control, treatment = (variants_of(experiment)[key] for key in ("control", "treatment"))
    first = a_slate(site, variant=control, at=NOW)
    second = a_slate(site, variant=control, at=NOW + HOUR)
    crossed = a_slate(site, variant=control, at=NOW, visitor_id="v-2")
    crossing = a_slate(site, variant=treatment, at=NOW + HOUR, visitor_id="v-2")
    third = a_slate(site, variant=treatment, at=NOW + HOUR, visitor_id="v-3")
    ordered = a_purchase(5_000, at=NOW + 2 * HOUR, order_id="o-1", quantity=2)
    money = {"value": {"amount": 1_500, "currency": "EUR"}, "order_id": "o-1", "quantity": 1}

    def event(kind: str, after: timedelta, **fields: Any) -> dict[str, Any]:
        return an_event(kind, at=NOW + after, **fields)

    refund = event("refund", 30 * DAY, unit={"account_id": "clerk"}, **money)
    signed_in = event("login", 3 * HOUR, unit={"visitor_id": "v-1", "account_id": "a-1"})
    click = event("select_item", 2 * HOUR, unit={}, request_id=str(second.request_id))
    quoting = a_purchase(900, at=NOW + 2 * HOUR, unit={}, request_id=str(third.request_id))
    as_account = a_purchase(700, at=NOW + 5 * HOUR, unit={"account_id": "a-1"})
    too_early = a_purchase(40, at=NOW + 2 * HOUR, unit={"account_id": "a-1"})
    ahead = a_purchase(300, at=NOW + 9 * HOUR)
    behind = a_purchase(200, at=NOW - 2 * HOUR)

    def accepted(event: dict[str, Any], after: timedelta) -> Fact:
        return lambda: put_events(site, event, now=NOW + after)

    return [
        lambda: put_slates(first),
        lambda: put_slates(second),
        lambda: put_slates(crossed),
        lambda: put_slates(crossing),
        lambda: put_slates(third),
        accepted(click, 2 * HOUR),
        accepted(a_purchase(80, at=NOW - HOUR), timedelta()),
        accepted(ordered, 2 * HOUR),
        accepted(ordered, 30 * DAY),
        accepted(refund, 30 * DAY),
        accepted(a_purchase(600, at=NOW + 14 * DAY), 14 * DAY),
        accepted(signed_in, 3 * HOUR),
        accepted(as_account, 5 * HOUR),
        accepted(too_early, 5 * HOUR),
        accepted(ahead, 4 * HOUR),
        lambda: put_events(site, behind, now=NOW + HOUR, skew=-3 * HOUR),
        accepted(quoting, 3 * HOUR),
    ]


def in_any_order(facts: Sequence[Fact], chance: random.Random) -> Iterator[list[Fact]]:
    """Yield the facts in a random order, cut at random into what arrives at once."""
    order = chance.sample(facts, len(facts))
    while order:
        size = chance.choice([1, 3, 6, 16])
        yield order[:size]
        order = order[size:]


def arrive(facts: Sequence[Fact], chance: random.Random) -> None:
    """Apply the facts in a random order, each cut in a pass of its own."""
    for together in in_any_order(facts, chance):
        for fact in together:
            fact()
        drain_once()


def stored() -> dict[str, list[Any]]:
    """Return all that the facts came to, in an order of its own."""
    unit = ("visitor_id", "account_id", "session_id", "borrowed")
    event = ("event_id", "type", "ts_us", "day", "amount", *unit, "refunded", "refunded_quantity")
    exposure = ("unit_id", "variant__key", "first_at", "day", "is_multiple", "traffic")
    return {
        "events": sorted(Event.objects.values_list(*event), key=str),
        "slates": sorted(Slate.objects.values_list("request_id", "clicked")),
        "exposures": sorted(Exposure.objects.values_list(*exposure)),
        "links": sorted(UnitLink.objects.values_list("visitor_id", "account_id", "first_us")),
    }
