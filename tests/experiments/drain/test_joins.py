"""Events find the slates that they quote, and their units through them."""

import uuid

import pytest

from experiments.drain import drain_once
from experiments.models import Event, Slate
from tests.experiments.drain.waiting import (
    a_purchase,
    a_slate,
    an_event,
    apply_all,
    put_events,
    put_slates,
)
from tests.factories import a_site

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("order", ["slate first", "click first", "one pass"])
def test_click__quotes_a_slate__marks_it_in_any_order(order: str) -> None:
    site = a_site()
    seen, other = a_slate(site), a_slate(site)
    click = an_event("select_item", request_id=str(seen.request_id))

    if order == "click first":
        put_events(site, click)
        drain_once()
    put_slates(seen, other)
    if order == "slate first":
        drain_once()
    if order != "click first":
        put_events(site, click)
    drain_once()

    clicked = dict(Slate.objects.values_list("request_id", "clicked"))
    assert clicked == {seen.request_id: 1, other.request_id: 0}


def test_clicks__several_on_one_slate__mark_it_once() -> None:
    site = a_site()
    seen = a_slate(site)
    put_slates(seen)
    put_events(site, *(an_event("select_item", request_id=str(seen.request_id)) for _ in range(3)))

    drain_once()

    assert Slate.objects.get().clicked == 1


def test_view__quotes_a_slate__is_not_a_click() -> None:
    site = a_site()
    seen = a_slate(site)
    put_slates(seen)
    put_events(site, an_event("view_item", request_id=str(seen.request_id)))

    drain_once()

    assert Slate.objects.get().clicked == 0


@pytest.mark.parametrize("order", ["slate first", "event first", "one pass"])
def test_event__without_unit__gets_the_ids_of_its_slate_in_any_order(order: str) -> None:
    site = a_site()
    seen = a_slate(site, visitor_id="v-7", account_id="a-7", session_id="s-7")
    bought = a_purchase(100, unit={}, request_id=str(seen.request_id))

    if order == "event first":
        put_events(site, bought)
        drain_once()
    put_slates(seen)
    if order == "slate first":
        drain_once()
    if order != "event first":
        put_events(site, bought)
    drain_once()

    row = Event.objects.get()
    assert (row.visitor_id, row.account_id, row.session_id) == ("v-7", "a-7", "s-7")


@pytest.mark.parametrize("is_slate_first", [True, False])
def test_event__with_ids_of_its_own__keeps_them(is_slate_first: bool) -> None:
    site = a_site()
    seen = a_slate(site, visitor_id="v-7", account_id="a-7")
    own = an_event(unit={"visitor_id": "v-8"}, request_id=str(seen.request_id))

    if is_slate_first:
        put_slates(seen)
        drain_once()
        put_events(site, own)
    else:
        put_events(site, own)
        drain_once()
        put_slates(seen)
    drain_once()

    row = Event.objects.get()
    assert (row.visitor_id, row.account_id) == ("v-8", "a-7")


def test_event__quotes_nothing_known__stays_without_a_unit() -> None:
    site = a_site()
    put_slates(a_slate(site))
    put_events(site, an_event(unit={}, request_id=str(uuid.uuid4())), an_event(unit={}))

    drain_once()

    assert set(Event.objects.values_list("visitor_id", "account_id")) == {("", "")}


@pytest.mark.parametrize("is_slate_first", [True, False])
def test_event__quotes_another_sites_slate__learns_and_changes_nothing(
    is_slate_first: bool,
) -> None:
    ours, theirs = a_site("ours"), a_site("theirs")
    seen = a_slate(ours, visitor_id="v-secret")
    foreign = an_event("select_item", unit={}, request_id=str(seen.request_id))
    if is_slate_first:
        put_slates(seen)
        put_events(theirs, foreign)
    else:
        put_events(theirs, foreign)
        drain_once()
        put_slates(seen)

    apply_all()

    assert Event.objects.get().visitor_id == ""
    assert Slate.objects.get().clicked == 0


def test_same_event__of_both_sites_in_one_pass__resolves_in_its_own_only() -> None:
    ours, theirs = a_site("ours"), a_site("theirs")
    seen = a_slate(ours, visitor_id="v-secret")
    click = an_event("select_item", unit={}, request_id=str(seen.request_id))
    put_slates(seen)
    put_events(theirs, click)
    put_events(ours, click)

    drain_once()

    assert dict(Event.objects.values_list("site__slug", "visitor_id")) == {
        "ours": "v-secret",
        "theirs": "",
    }
