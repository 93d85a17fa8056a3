"""Events lacking an id get the one that theirs was linked to when they happened."""

import itertools
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from experiments.clock import microseconds
from experiments.drain import drain_once
from experiments.models import Event, Site, UnitLink
from experiments.registries import APPLIERS, Touched
from tests.experiments.drain.test_join_plans import plan_of
from tests.experiments.drain.waiting import (
    a_purchase,
    a_slate,
    an_event,
    apply_all,
    put_events,
    put_slates,
)
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
VISITOR, ACCOUNT = Event.Borrowed.VISITOR, Event.Borrowed.ACCOUNT


def together(visitor: str, account: str, hours: int) -> dict[str, Any]:
    """Return an event that shows both ids."""
    unit = {"visitor_id": visitor, "account_id": account}
    return an_event(unit=unit, at=NOW + hours * HOUR)


def at(hours: int, **unit: str) -> dict[str, Any]:
    """Return a purchase with these ids; its amount names its hour."""
    return a_purchase(1000 + hours, unit=unit, at=NOW + hours * HOUR)


def arrive(site: Site, *facts: dict[str, Any]) -> None:
    """Apply each fact in a pass of its own."""
    for fact in facts:
        put_events(site, fact, now=NOW + 20 * HOUR)
        drain_once()


def bought() -> dict[int, tuple[str, str, int]]:
    """Return the purchases' ids and what of them was not sent, by their hour."""
    rows = Event.objects.filter(type="purchase").values_list(
        "amount", "visitor_id", "account_id", "borrowed"
    )
    return {
        (amount or 0) - 1000: (visitor, account, bits) for amount, visitor, account, bits in rows
    }


def test_events__around_a_sign_in__are_linked_from_then_on_in_any_order() -> None:
    site = a_site()
    facts = [
        together("v-1", "a-1", 1),
        at(0, visitor_id="v-1"),
        at(2, visitor_id="v-1"),
        at(3, account_id="a-1"),
        at(4, account_id="a-2"),
    ]
    outcomes = []

    for order in itertools.permutations(facts):
        with transaction.atomic():
            arrive(site, *order)
            outcomes.append(bought())
            transaction.set_rollback(True)

    assert len(outcomes) == 120
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert outcomes[0] == {
        0: ("v-1", "", 0),
        2: ("v-1", "a-1", ACCOUNT),
        3: ("v-1", "a-1", VISITOR),
        4: ("", "a-2", 0),
    }


def test_events__of_a_shared_device__follow_the_latest_sign_in_in_any_order() -> None:
    site = a_site()
    facts = [
        together("v-1", "a-1", 1),
        together("v-1", "a-2", 3),
        together("v-1", "a-1", 5),
        at(2, visitor_id="v-1"),
        at(4, visitor_id="v-1"),
    ]

    for order in itertools.permutations(facts):
        with transaction.atomic():
            arrive(site, *order)
            found = bought()
            transaction.set_rollback(True)
        assert found == {2: ("v-1", "a-1", ACCOUNT), 4: ("v-1", "a-2", ACCOUNT)}


@pytest.mark.parametrize("is_event_first", [True, False])
def test_links__of_one_moment__the_smaller_id_holds(is_event_first: bool) -> None:
    links = [together("v-1", "a-9", 1), together("v-1", "a-2", 1)]
    event = at(2, visitor_id="v-1")

    arrive(a_site(), *([event, *links] if is_event_first else [*links, event]))

    assert bought() == {2: ("v-1", "a-2", ACCOUNT)}


def test_event__at_the_very_moment_of_the_link__is_linked() -> None:
    arrive(a_site(), together("v-1", "a-1", 1), at(1, visitor_id="v-1"))

    assert bought() == {1: ("v-1", "a-1", ACCOUNT)}


def test_link__is_kept_from_its_earliest_moment_and_from_slates() -> None:
    site = a_site()
    arrive(site, together("v-1", "a-1", 5), together("v-1", "a-1", 7))
    put_slates(a_slate(site, at=NOW + 2 * HOUR, visitor_id="v-1", account_id="a-1"))
    drain_once()

    link = UnitLink.objects.get()
    early = NOW + 2 * HOUR
    assert (link.visitor_id, link.account_id) == ("v-1", "a-1")
    assert link.first_us == early.timestamp() * 1_000_000


def test_link__of_another_site__tells_nothing() -> None:
    arrive(a_site("ours"), together("v-1", "a-1", 1))
    arrive(a_site("theirs"), at(2, visitor_id="v-1"))

    assert bought() == {2: ("v-1", "", 0)}


def quoting(site: Site) -> Sequence[Callable[[], None]]:
    """Return a purchase that quotes a slate, the slate, and links of what each carries."""
    slate = a_slate(site, visitor_id="v-2", at=NOW + HOUR)
    own = a_purchase(
        1002, unit={"account_id": "a-1"}, at=NOW + 2 * HOUR, request_id=str(slate.request_id)
    )
    bare = a_purchase(1003, unit={}, at=NOW + 3 * HOUR, request_id=str(slate.request_id))
    late = NOW + 20 * HOUR
    return (
        lambda: put_events(site, own, bare, now=late),
        lambda: put_slates(slate),
        lambda: put_events(site, together("v-1", "a-1", 0), now=late),
        lambda: put_events(site, together("v-2", "a-3", 0), now=late),
    )


def test_request__goes_before_the_link__in_any_order() -> None:
    site = a_site()

    for order in itertools.permutations(quoting(site)):
        with transaction.atomic():
            for put in order:
                put()
                drain_once()
            found = bought()
            transaction.set_rollback(True)
        assert found == {2: ("v-2", "a-1", VISITOR), 3: ("v-2", "a-3", VISITOR | ACCOUNT)}


def test_link__that_changes_an_event__tells_of_it_as_before_and_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site, told = a_site(), list[Touched]()
    arrive(site, together("v-1", "a-1", 1), at(4, visitor_id="v-1"))
    monkeypatch.setattr("experiments.drain.finish.APPLIERS", [*APPLIERS, told.append])

    arrive(site, together("v-1", "a-2", 3))

    changed = {event for event in told[0].events if event[1] == "purchase"}
    assert changed == {
        (site.pk, "purchase", "v-1", "a-1", "", microseconds(NOW + 4 * HOUR)),
        (site.pk, "purchase", "v-1", "a-2", "", microseconds(NOW + 4 * HOUR)),
    }


def test_pass__that_brings_no_new_pair__looks_links_up_once_and_writes_nothing() -> None:
    site = a_site()
    arrive(site, together("v-1", "a-1", 1))
    put_events(site, *(together("v-1", "a-1", 1 + n) for n in range(50)), now=NOW + 60 * HOUR)

    with CaptureQueriesContext(connection) as queries:
        drain_once()

    of_links = [query["sql"] for query in queries if "experiments_unitlink" in query["sql"]]
    assert len(of_links) == 1
    assert of_links[0].startswith("SELECT")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite plans without statistics")
def test_links__on_sqlite__never_read_a_whole_table_or_site() -> None:
    site = a_site()
    arrive(site, at(2, visitor_id="v-1"), at(2, account_id="a-1"))
    put_events(site, together("v-1", "a-1", 1), now=NOW + 20 * HOUR)

    with CaptureQueriesContext(connection) as queries:
        apply_all()

    wanted = ('"visitor_id" IN', '"account_id" IN', '"first_us"')
    asked = [q["sql"] for q in queries if any(part in q["sql"] for part in wanted)]
    plans = [step for sql in asked if sql.startswith("SELECT") for step in plan_of(sql)]
    assert any("event_account_time" in step for step in plans)
    assert any("event_visitor_time" in step for step in plans)
    assert not [step for step in plans if "SCAN" in step or step.endswith("(site_id=?)")]
