"""The fields of recommendations and assignments: what is refused, and that the field is named."""

from typing import Any

import pytest

from tests.callers import Caller, caller_for, problem_of, refusal
from tests.experiments.api.endpoints import STOREFRONT, Endpoint
from tests.factories import a_site

pytestmark = pytest.mark.django_db

ASKING = {name: STOREFRONT[name] for name in ("recommendations", "assignments")}
BOTH: dict[str, tuple[dict[str, Any], str]] = {
    "unit as text": ({"unit": "v-1"}, "unit"),
    "unit null": ({"unit": None}, "unit"),
    "visitor as boolean": ({"unit": {"visitor_id": True}}, "unit.visitor_id"),
    "visitor as float": ({"unit": {"visitor_id": 1.5}}, "unit.visitor_id"),
    "visitor as list": ({"unit": {"visitor_id": ["v"]}}, "unit.visitor_id"),
    "visitor empty": ({"unit": {"visitor_id": ""}}, "unit.visitor_id"),
    "visitor too long": ({"unit": {"visitor_id": "v" * 257}}, "unit.visitor_id"),
    "visitor beyond 2^53": ({"unit": {"visitor_id": 2**53 + 1}}, "unit.visitor_id"),
    "visitor 10^30": ({"unit": {"visitor_id": 10**30}}, "unit.visitor_id"),
    "visitor with NUL": ({"unit": {"visitor_id": "v\x00"}}, "unit.visitor_id"),
    "session with NUL": ({"session_id": "\x00"}, "session_id"),
    "attributes as list": ({"attributes": []}, "attributes"),
    "65 attributes": ({"attributes": {str(n): n for n in range(65)}}, "attributes"),
    "attribute 2^64": ({"attributes": {"a": 2**64}}, "attributes.a"),
    "attribute too deep": ({"attributes": {"a": [[[[[[[[1]]]]]]]]}}, "attributes.a[0][0]"),
    "attribute too long": ({"attributes": {"a": "x" * 257}}, "attributes.a"),
    "attribute with NUL": ({"attributes": {"a": [{"b": "\x00"}]}}, "attributes.a[0].b"),
    "attribute name with NUL": ({"attributes": {"\x00": 1}}, "attributes"),
    "consent as text": ({"consent": {"analytics": "yes"}}, "consent.analytics"),
    "consent as number": ({"consent": {"personalization": 1}}, "consent.personalization"),
}
LISTS: dict[str, tuple[dict[str, Any], str]] = {
    "no placement": ({"placement": None}, "placement"),
    "placement as number": ({"placement": 1}, "placement"),
    "placement empty": ({"placement": ""}, "placement"),
    "placement too long": ({"placement": "p" * 81}, "placement"),
    "k of 0": ({"k": 0}, "k"),
    "k of 101": ({"k": 101}, "k"),
    "k negative": ({"k": -1}, "k"),
    "k of 2^64": ({"k": 2**64}, "k"),
    "k of 10^30": ({"k": 10**30}, "k"),
    "k as float": ({"k": 1.5}, "k"),
    "k as text": ({"k": "10"}, "k"),
    "k as boolean": ({"k": True}, "k"),
    "k null": ({"k": None}, "k"),
    "context as text": ({"context": "home"}, "context"),
    "item as object": ({"context": {"item_id": {}}}, "context.item_id"),
    "cart as text": ({"context": {"cart": "sku-1"}}, "context.cart"),
    "cart of 501": ({"context": {"cart": ["a"] * 501}}, "context.cart"),
    "cart with NUL": ({"context": {"cart": ["a", "\x00"]}}, "context.cart[1]"),
    "device too long": ({"context": {"device": "d" * 65}}, "context.device"),
    "clock without zone": ({"context": {"now": "2026-11-20T00:00:00"}}, "context.now"),
    "clock with a leap second": ({"context": {"now": "2016-12-31T23:59:60Z"}}, "context.now"),
}


def refused_fields(
    caller: Caller, endpoint: Endpoint, cases: dict[str, tuple[dict[str, Any], str]]
) -> dict[str, tuple[int, str]]:
    found = {}
    for name, (fields, _expected) in cases.items():
        problem = problem_of(caller.post(endpoint.path, endpoint.body | fields))
        found[name] = (problem["status"], problem["field"])
    return found


@pytest.mark.parametrize("endpoint", ASKING.values(), ids=ASKING)
def test_question__with_a_bad_field__names_it(endpoint: Endpoint) -> None:
    found = refused_fields(caller_for(a_site()), endpoint, BOTH)

    expected = {name: (400, field) for name, (_fields, field) in BOTH.items()}
    expected["attribute too deep"] = (400, "attributes.a[0][0][0][0][0][0][0]")
    assert found == expected


def test_recommendations__with_a_bad_field__name_it() -> None:
    found = refused_fields(caller_for(a_site()), STOREFRONT["recommendations"], LISTS)

    assert found == {name: (400, field) for name, (_fields, field) in LISTS.items()}


@pytest.mark.parametrize("placement", ["nowhere", "HOME", "home ", "\U0001f600", "'; --"])
def test_recommendations__for_an_unknown_placement__list_the_known(placement: str) -> None:
    response = caller_for(a_site()).post("recommendations", {"placement": placement})

    assert refusal(response) == (404, "not_found", "placement")
    assert problem_of(response)["hint"] == "Known here: cart, home, product."


def test_assignments__for_an_unknown_experiment__name_the_field() -> None:
    response = caller_for(a_site()).post("assignments", {"experiment": "missing"})

    assert refusal(response) == (404, "not_found", "experiment")


@pytest.mark.parametrize("visitor", [0, -(2**53), 2**53, "v" * 256, "\U0001f600", "v\u2028'\"<"])
@pytest.mark.parametrize("endpoint", ASKING.values(), ids=ASKING)
def test_question__with_an_odd_but_good_id__is_answered(endpoint: Endpoint, visitor: Any) -> None:
    response = caller_for(a_site()).post(
        endpoint.path, endpoint.body | {"unit": {"visitor_id": visitor}}
    )

    assert response.status_code == 200, response.content


def test_question__with_a_field_that_is_not_ours__is_answered() -> None:
    caller = caller_for(a_site())

    for endpoint in ASKING.values():
        assert caller.post(endpoint.path, endpoint.body | {"theirs": [1]}).status_code == 200
