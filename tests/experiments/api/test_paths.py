"""Paths and methods that do not exist, and addresses that are made up."""

from base64 import b64encode
from urllib.parse import quote

import pytest
from django.test import Client

from tests.callers import Caller, caller_for, problem_of, refusal
from tests.experiments.api.endpoints import STOREFRONT, WITH_BODY, Endpoint
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db

UNKNOWN = (
    "",
    "nothing",
    "recommendations/",
    "recommendations/x",
    "experiments/",
    "experiments/with space",
    "experiments/%00",
    "experiments/a%0Ab",
    "a%0Ab%0A",
    "%ff%fe",
    "analyses/one",
    "analyses/-1",
    "analyses/" + "9" * 5000,
    "../../etc/passwd",
    "x" * 5000,
)
UNKNOWN_THINGS = {
    "experiment": ("GET", "experiments/missing"),
    "analysis": ("GET", "analyses/1"),
    "analysis 10^30": ("GET", "analyses/1" + "0" * 30),
    "analyses of": ("GET", "experiments/missing/analyses"),
    "start of": ("POST", "experiments/missing/start"),
    "action": ("POST", "experiments/home-test/explode"),
    "action with NUL": ("POST", "experiments/home-test/st%00art"),
}
METHODS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")


@pytest.fixture
def caller() -> Caller:
    site = a_site()
    draft_experiment(site)
    return caller_for(site)


@pytest.mark.parametrize("path", UNKNOWN)
def test_path__unknown__is_a_404_problem(caller: Caller, path: str) -> None:
    problem = problem_of(caller.get(path))

    assert (problem["status"], problem["code"]) == (404, "unknown_endpoint")


@pytest.mark.parametrize("path", ["/api/v1", "/api/v2/recommendations", "/api/schema"])
def test_path__beside_the_interface__is_no_page(path: str) -> None:
    response = Client().get(path)

    assert response.status_code in {301, 404}
    assert response.status_code == 301 or problem_of(response)


@pytest.mark.parametrize(
    ("method", "path"), UNKNOWN_THINGS.values(), ids=[n.replace(" ", "-") for n in UNKNOWN_THINGS]
)
def test_path__of_a_thing_that_does_not_exist__is_a_404(
    caller: Caller, method: str, path: str
) -> None:
    assert refusal(caller.send(method, path))[:2] == (404, "not_found")


@pytest.mark.parametrize("name", STOREFRONT)
def test_method__that_storefronts_lack__is_a_405_with_allow(caller: Caller, name: str) -> None:
    endpoint = STOREFRONT[name]
    reads = {"GET", "HEAD"} if name == "events" else set()  # what was received can be listed
    methods = [method for method in METHODS if method not in reads | {"HEAD"}]
    responses = [caller.send(method, endpoint.path, endpoint.body) for method in methods]

    allowed = ", ".join([*sorted(reads), "POST", "OPTIONS"])
    assert {refusal(response)[:2] for response in responses} == {(405, "method_not_allowed")}
    assert {response.headers["Allow"] for response in responses} == {allowed}
    assert caller.send("HEAD", endpoint.path).status_code == (200 if reads else 405)


@pytest.mark.parametrize("path", ["items", "experiments", "experiments/home-test", "analyses/1"])
def test_method__that_management_lacks__is_a_405(caller: Caller, path: str) -> None:
    response = caller.send("DELETE", path)

    assert refusal(response)[:2] == (405, "method_not_allowed")
    assert "GET" in response.headers["Allow"]


CURSORS = {
    "no base64": "%%%",
    "no cursor": b64encode(b"hello").decode(),
    "position in words": b64encode(b"p=abc").decode(),
    "position negative": b64encode(b"p=-5").decode(),
    "position NUL": b64encode(b"p=%00").decode(),
    "position in other digits": b64encode("p=²".encode()).decode(),
    "offset in words": b64encode(b"o=abc&p=1").decode(),
}


@pytest.mark.parametrize("cursor", CURSORS.values(), ids=[n.replace(" ", "-") for n in CURSORS])
@pytest.mark.parametrize("path", ["items", "experiments", "experiments/home-test/analyses"])
def test_cursor__made_up__names_the_field_or_finds_rows(
    caller: Caller, path: str, cursor: str
) -> None:
    response = caller.get(f"{path}?cursor={quote(cursor)}")

    assert response.status_code == 200 or refusal(response) == (400, "invalid_cursor", "cursor")


def test_cursor__beyond_64_bits__finds_nothing(caller: Caller) -> None:
    cursor = quote(b64encode(b"p=" + b"9" * 40).decode())

    assert caller.get(f"experiments?cursor={cursor}").status_code == 200


@pytest.mark.parametrize("size", ["0", "-1", "abc", "1" + "0" * 30, "9" * 5000, "%00", "1.5"])
def test_page_size__made_up__is_bounded(caller: Caller, size: str) -> None:
    response = caller.get(f"experiments?page_size={size}")

    assert response.status_code == 200
    assert len(response.json()["results"]) == 1


def test_host__that_is_not_ours__is_a_problem(caller: Caller) -> None:
    response = caller.send("GET", "items", Host="evil.example")

    assert refusal(response)[:2] == (400, "bad_request")


def test_answer__in_a_form_that_cannot_be_given__is_a_406(caller: Caller) -> None:
    response = caller.send("GET", "items", Accept="application/xml")

    assert problem_of(response)["status"] == 406


@pytest.mark.parametrize("endpoint", WITH_BODY.values(), ids=WITH_BODY)
@pytest.mark.parametrize("length", ["-1", "abc", "9" * 30, ""])
def test_length__made_up__is_a_problem(caller: Caller, endpoint: Endpoint, length: str) -> None:
    response = caller.client.generic(
        endpoint.method,
        f"/api/v1/{endpoint.path}",
        b'{"placement":',
        content_type="application/json",
        headers=caller.headers,
        CONTENT_LENGTH=length,
    )

    assert response.status_code < 500


@pytest.mark.parametrize("endpoint", STOREFRONT.values(), ids=STOREFRONT)
def test_body__sent_in_chunks_without_a_length__is_a_411(
    caller: Caller, endpoint: Endpoint
) -> None:
    response = caller.client.generic(
        "POST",
        f"/api/v1/{endpoint.path}",
        b"{}",
        content_type="application/json",
        headers=caller.headers | {"Transfer-Encoding": "chunked"},
        CONTENT_LENGTH="",
    )

    assert refusal(response) == (411, "length_required", None)
