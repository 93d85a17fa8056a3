"""Which pages a browser may call from, and that a page can read why it was refused."""

from typing import Any

import pytest

from experiments.models import ApiKey, Site
from tests.callers import Caller, key_for, problem_of
from tests.experiments.api.endpoints import STOREFRONT, Endpoint
from tests.factories import a_site

pytestmark = pytest.mark.django_db

SHOP = "https://shop.example"
STRANGERS = (
    "https://evil.example",
    "https://shop.example.evil.example",
    "http://shop.example",
    "https://shop.example:8443",
    "https://SHOP.example",
    "null",
    "",
)
every_storefront = pytest.mark.parametrize("endpoint", STOREFRONT.values(), ids=STOREFRONT)


@pytest.fixture
def site() -> Site:
    site = a_site()
    site.allowed_origins = [SHOP]
    site.save()
    return site


def browser(site: Site) -> Caller:
    """Return a caller with a publishable key of the site."""
    return Caller(key_for(site, kind=ApiKey.Kind.PUBLISHABLE))


def allowed_origin(response: Any) -> str | None:
    origin: str | None = response.headers.get("Access-Control-Allow-Origin")
    return origin


@every_storefront
def test_call__from_a_listed_origin__is_answered_readably(site: Site, endpoint: Endpoint) -> None:
    response = browser(site).post(endpoint.path, endpoint.body, Origin=SHOP)

    assert response.status_code in {200, 202}, response.content
    assert allowed_origin(response) == SHOP
    assert "Origin" in response.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in response.headers


@every_storefront
def test_call__refused__is_readable_by_the_sites_own_page(site: Site, endpoint: Endpoint) -> None:
    caller = browser(site)

    refused = [
        caller.post(endpoint.path, b"{", Origin=SHOP),
        caller.send("PUT", endpoint.path, endpoint.body, Origin=SHOP),
        Caller("pk_unknown").post(endpoint.path, endpoint.body, Origin=SHOP),
    ]

    assert [problem_of(response)["status"] for response in refused] == [400, 405, 401]
    assert {allowed_origin(response) for response in refused} == {SHOP}
    assert {r.headers["Access-Control-Expose-Headers"] for r in refused} == {"ETag, Retry-After"}


@every_storefront
def test_call__from_another_origin__is_a_403(site: Site, endpoint: Endpoint) -> None:
    caller = browser(site)

    responses = [caller.post(endpoint.path, endpoint.body, Origin=origin) for origin in STRANGERS]

    assert {problem_of(response)["code"] for response in responses} == {"origin_not_allowed"}
    assert {allowed_origin(response) for response in responses} == {None}


def test_call__from_an_origin_of_another_site__is_a_403(site: Site) -> None:
    other = a_site("other")

    response = browser(other).post("recommendations", {"placement": "home"}, Origin=SHOP)

    assert problem_of(response)["code"] == "origin_not_allowed"


def test_call__with_a_secret_key__minds_no_origin(site: Site) -> None:
    caller = Caller(key_for(site))

    response = caller.post("recommendations", {"placement": "home"}, Origin="https://evil.example")

    assert response.status_code == 200
    assert allowed_origin(response) is None


@every_storefront
def test_preflight__from_a_listed_origin__allows_what_a_shop_sends(
    site: Site, endpoint: Endpoint
) -> None:
    response = Caller().send("OPTIONS", endpoint.path, Origin=SHOP)

    assert response.status_code == 204
    assert allowed_origin(response) == SHOP
    assert response.headers["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    allowed = response.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "content-type", "x-api-key"} <= set(allowed)


@every_storefront
def test_preflight__from_another_origin__allows_nothing(site: Site, endpoint: Endpoint) -> None:
    responses = [Caller().send("OPTIONS", endpoint.path, Origin=o) for o in STRANGERS]

    assert {response.status_code for response in responses} == {204}
    for response in responses:
        assert not [name for name in response.headers if name.startswith("Access-Control")]


def test_preflight__of_a_compressed_body__is_allowed(site: Site) -> None:
    response = Caller().send("OPTIONS", "events", Origin=SHOP)

    assert "content-encoding" in response.headers["Access-Control-Allow-Headers"]
