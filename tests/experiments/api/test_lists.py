"""Lists: paged by cursor, of one site only, with as many queries for many rows as for few."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.services import request_analysis
from experiments.models import Site
from tests.callers import Caller, caller_for
from tests.factories import a_site, draft_experiment, stocked

pytestmark = pytest.mark.django_db


def more_experiments(site: Site, count: int) -> None:
    start = site.experiments.count()
    for number in range(start, start + count):
        draft_experiment(site, f"test-{number}", allocation=100)


def more_items(site: Site, count: int) -> None:
    stocked(site, count)


def more_analyses(site: Site, count: int) -> None:
    experiment = site.experiments.first() or draft_experiment(site)
    for _ in range(count):
        request_analysis(experiment=experiment)


LISTS: dict[str, tuple[str, Callable[[Site, int], None]]] = {
    "experiments": ("experiments", more_experiments),
    "items": ("items", more_items),
    "analyses": ("experiments/home-test/analyses", more_analyses),
}
every_list = pytest.mark.parametrize(("path", "more"), LISTS.values(), ids=LISTS)


def pages(caller: Caller, path: str, size: int) -> list[list[Any]]:
    """Follow the addresses of the pages to the end."""
    found = []
    address = f"{path}?page_size={size}"
    while address:
        answer = caller.get(address).json()
        found.append(answer["results"])
        address = (answer["next"] or "").partition("/api/v1/")[2]
    return found


@every_list
def test_list__followed_page_by_page__holds_every_row_once_newest_first(
    path: str, more: Callable[[Site, int], None]
) -> None:
    site = a_site()
    more(site, 7)
    caller = caller_for(site)

    found = pages(caller, path, 3)

    assert [len(page) for page in found] == [3, 3, 1]
    rows = [row for page in found for row in page]
    assert rows == caller.get(path).json()["results"]
    assert rows[0] != rows[-1]


@every_list
def test_list__read_twice__is_the_same(path: str, more: Callable[[Site, int], None]) -> None:
    site = a_site()
    more(site, 3)
    caller = caller_for(site)

    assert caller.get(path).json() == caller.get(path).json()


@every_list
def test_list__of_more_rows__takes_no_more_queries(
    path: str, more: Callable[[Site, int], None]
) -> None:
    site = a_site()
    caller = caller_for(site)
    counts = []

    for rows in (2, 12):
        more(site, rows)
        caller.get(path)  # the first call after a change loads the configuration anew
        with CaptureQueriesContext(connection) as queries:
            assert len(caller.get(path).json()["results"]) >= rows
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 5


@every_list
def test_list__of_a_site__holds_nothing_of_another(
    path: str, more: Callable[[Site, int], None]
) -> None:
    site, other = a_site(), a_site("other")
    more(other, 3)
    draft_experiment(site)

    answer = caller_for(site).get(path).json()

    expected = 1 if path == "experiments" else 0
    assert len(answer["results"]) == expected


def test_page__asked_for_beyond_the_limit__is_500_rows() -> None:
    site = a_site()
    stocked(site, 501)

    answer = caller_for(site).get("items?page_size=100000").json()

    assert len(answer["results"]) == 500
    assert answer["next"]
