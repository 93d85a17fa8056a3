"""Units of the last week that a condition lets in: each once, by what was last sent of it."""

import time
from datetime import timedelta
from typing import Any

import pytest

from experiments import matching
from experiments.matching import count_matching
from experiments.models import Site, Slate
from tests import rows
from tests.factories import NOW, a_site

pytestmark = pytest.mark.django_db


def a_slate(site: Site, days_ago: float, attributes: dict[str, Any], **ids: str) -> Slate:
    """Return a list that was served, not saved yet."""
    moment = NOW - timedelta(days=days_ago)
    return rows.a_slate(site, moment, attributes=attributes, **ids)


def an_event(site: Site, days_ago: float, attributes: dict[str, Any], **ids: str) -> None:
    """Save an event."""
    moment = NOW - timedelta(days=days_ago)
    rows.an_event(site, "view_item", moment, attributes=attributes, **ids).save()


def counted(site: Site, condition: dict[str, Any], unit_type: str = "visitor") -> tuple[int, int]:
    """Return how many units match, of how many."""
    found = count_matching(site=site, condition=condition, unit_type=unit_type, now=NOW)
    return found.n_matching, found.n_units


def test_units__seen_often__count_once_by_what_was_sent_last() -> None:
    site = a_site()
    for days_ago, country in ((3, "AT"), (1, "DE"), (2, "AT")):
        a_slate(site, days_ago, {"country": country}, visitor_id="v-1").save()
    an_event(site, 0.5, {}, visitor_id="v-1")

    assert counted(site, {"country": {"$eq": "DE"}}) == (1, 1)
    assert counted(site, {"country": {"$eq": "AT"}}) == (0, 1)


def test_units__known_from_events_alone__count_too() -> None:
    site = a_site()
    an_event(site, 1, {"plan": "member"}, visitor_id="v-1")
    a_slate(site, 1, {}, visitor_id="v-2").save()

    assert counted(site, {"plan": {"$eq": "member"}}) == (1, 2)


def test_units__older_than_a_week_or_of_another_site_or_without_an_id__are_not_counted() -> None:
    site, other = a_site(), a_site("other")
    a_slate(site, 7.01, {}, visitor_id="v-1").save()
    a_slate(other, 1, {}, visitor_id="v-2").save()
    a_slate(site, 1, {}, session_id="s-1").save()

    assert counted(site, {}) == (0, 0)
    assert counted(site, {}, "session") == (1, 1)


def test_units__of_accounts__are_told_by_their_accounts() -> None:
    site = a_site()
    a_slate(site, 1, {}, visitor_id="v-1", account_id="a-1").save()
    a_slate(site, 1, {}, visitor_id="v-2", account_id="a-1").save()

    assert counted(site, {}, "account") == (1, 1)
    assert counted(site, {}) == (2, 2)


def test_count__of_more_rows_than_are_read__says_that_it_is_capped_and_takes_the_newest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = a_site()
    Slate.objects.bulk_create(a_slate(site, 1, {}, visitor_id=f"v-{n}") for n in range(5))
    monkeypatch.setattr(matching, "MOST_ROWS", 3)

    found = count_matching(site=site, condition={}, unit_type="visitor", now=NOW)

    assert (found.n_units, found.is_capped) == (3, True)


def test_count__of_thousands_of_rows__takes_far_less_than_a_second() -> None:
    site = a_site()
    Slate.objects.bulk_create(
        a_slate(site, 1, {"country": "DE", "basket": n}, visitor_id=f"v-{n}") for n in range(4_000)
    )
    condition = {"country": {"$in": ["DE", "AT"]}, "basket": {"$type": "number", "$gte": 100}}

    began = time.process_time()
    found = count_matching(site=site, condition=condition, unit_type="visitor", now=NOW)
    took = time.process_time() - began

    assert found.n_matching == 3_900
    assert took < 0.5  # ten times as many rows are read at most


def test_attributes__that_were_sent__are_named_the_most_frequent_first() -> None:
    site = a_site()
    a_slate(site, 1, {"plan": "member", "country": "DE"}, visitor_id="v-1").save()
    a_slate(site, 1, {"country": "AT"}, visitor_id="v-2").save()

    found = count_matching(site=site, condition={}, unit_type="visitor", now=NOW)

    assert found.attributes == ("country", "plan")
