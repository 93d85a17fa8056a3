"""OpenFeature's remote evaluation: every answer in the form that its released clients need."""

import json
import re
from typing import Any

import pytest
from pytest_django import Settings

from experiments.api import limits
from experiments.models import Experiment, Override, Placement, Site, Variant
from tests.factories import a_site, draft_experiment, running_experiment
from tests.standards.callers import FLAGS, call, page_key

pytestmark = pytest.mark.django_db

SHOP = "https://shop.example"


@pytest.fixture
def site() -> Site:
    found = a_site()
    found.allowed_origins = [SHOP]
    found.save()
    row = running_experiment(found)
    Override.objects.create(experiment=row, unit_id="tester", variant=row.variants.all()[1])
    return found


def ask(site: Site, context: Any, flag: str | None = None, **headers: str) -> Any:
    path = FLAGS if flag is None else f"{FLAGS}/{flag}"
    return call("POST", path, {"context": context}, key=page_key(site), **headers)


def refused(response: Any) -> tuple[int, str]:
    """Return status and code of a refusal; fails when a client could not read it."""
    document = response.json()
    assert response.headers["Content-Type"] == "application/json"
    assert document["errorDetails"]
    return response.status_code, document["errorCode"]


def test_flag__of_a_unit_in_the_split__has_every_member(site: Site) -> None:
    response = ask(site, {"targetingKey": "v-1"}, "home-test")

    found = response.json()
    assert response.headers["Content-Type"] == "application/json"
    assert set(found) == {"key", "value", "reason", "variant", "metadata"}
    assert (found["key"], found["reason"]) == ("home-test", "SPLIT")
    assert found["value"]["variant"] == found["variant"]
    assert found["metadata"] == {
        "reason": "SPLIT", "inExperiment": True, "experiment": "home-test", "phase": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "context", "expected"),
    [
        ("running", {"targetingKey": "tester"}, ("TARGETING_MATCH", "treatment", "OVERRIDE")),
        ("running", {"visitor_id": "tester"}, ("TARGETING_MATCH", "treatment", "OVERRIDE")),
        ("paused", {"targetingKey": "v-1"}, ("DISABLED", "default", "PAUSED")),
        ("ended", {"targetingKey": "v-1"}, ("DISABLED", "default", "ENDED")),
        (
            "running",
            {"targetingKey": "v-1", "consent": {"analytics": False}},
            ("STATIC", "default", "NO_CONSENT"),
        ),
        ("running", {"account_id": "a-1"}, ("STATIC", "default", "NO_UNIT")),
    ],
)
def test_flag__of_an_experiment__tells_the_standards_reason_and_ours(
    site: Site, status: str, context: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    row = Experiment.objects.get(site=site)
    if status != "running":
        Experiment.objects.filter(pk=row.pk).update(status=status)
        site.save()

    found = ask(site, context, "home-test").json()

    assert (found["reason"], found["variant"], found["metadata"]["reason"]) == expected


def test_flag__of_a_placement_without_a_unit_of_its_own__is_the_default(site: Site) -> None:
    found = ask(site, {"targetingKey": "v-1"}, "cart").json()

    parameters = Placement.objects.get(site=site, key="cart").parameters
    assert found["value"] == {"experiment": None, "variant": None, "parameters": parameters}
    assert (found["reason"], found["variant"]) == ("STATIC", "default")


def test_number__that_is_whole__stays_a_float(site: Site) -> None:
    variant = Variant.objects.get(experiment__site=site, key="treatment")
    variant.parameters = {"weight": 2.0, "count": 2}
    variant.save()

    text = ask(site, {"targetingKey": "tester"}, "home-test").content.decode()

    assert '"weight":2.0' in text
    assert re.search(r'"count":2[,}]', text)  # in either order: PostgreSQL keeps its own


def test_bulk__of_a_site__holds_every_flag(site: Site) -> None:
    found = ask(site, {"targetingKey": "tester"}).json()

    by_key = {flag["key"]: flag for flag in found["flags"]}
    assert set(by_key) == {"home", "product", "cart", "home-test"}
    assert by_key["home"]["variant"] == by_key["home-test"]["variant"] == "treatment"
    assert by_key["home"]["value"] == by_key["home-test"]["value"]


@pytest.mark.parametrize("body", [b"{}", b'{"context": {}}', b'{"context": {"targetingKey": ""}}'])
def test_bulk__before_the_visitor_is_known__is_the_defaults(site: Site, body: bytes) -> None:
    response = call("POST", FLAGS, body, key=page_key(site))

    assert response.status_code == 200
    assert {flag["variant"] for flag in response.json()["flags"]} == {"default"}


def test_bulk__held_by_the_caller__is_a_304_of_the_same_configuration_and_context(
    site: Site,
) -> None:
    etag = ask(site, {"targetingKey": "v-1"}).headers["ETag"]

    held = ask(site, {"targetingKey": "v-1"}, If_None_Match=etag)
    elsewhere = ask(site, {"targetingKey": "v-1", "country": "DE"}, If_None_Match=etag)
    Experiment.objects.filter(site=site).update(status="paused")
    site.save()
    later = ask(site, {"targetingKey": "v-1"}, If_None_Match=etag)

    assert (held.status_code, held.content, held.headers["ETag"]) == (304, b"", etag)
    assert [each.status_code for each in (elsewhere, later)] == [200, 200]
    assert len({etag, elsewhere.headers["ETag"], later.headers["ETag"]}) == 3


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", (400, "PARSE_ERROR")),
        (b"", (400, "PARSE_ERROR")),
        (b'{"context":' * 3000, (400, "PARSE_ERROR")),
        (b'{"context": "v-1"}', (400, "INVALID_CONTEXT")),
        (b'{"context": null}', (400, "INVALID_CONTEXT")),
        (b'{"context": {"targetingKey": true}}', (400, "INVALID_CONTEXT")),
        (b'{"context": {"targetingKey": {"a": 1}}}', (400, "INVALID_CONTEXT")),
        (b'{"context": {"targetingKey": 1.5}}', (400, "INVALID_CONTEXT")),
        (b'{"context": {"targetingKey": "\\u0000"}}', (400, "INVALID_CONTEXT")),
        (b'{"context": {"targetingKey": "v", "consent": "yes"}}', (400, "INVALID_CONTEXT")),
        (b'{"context": {"targetingKey": "v", "a": 1e999}}', (400, "INVALID_CONTEXT")),
        (b'{"context": {"targetingKey": "v", "a": [[[[[[[[1]]]]]]]]}}', (400, "INVALID_CONTEXT")),
        (b'{"context": {"targetingKey": "v", "armature_force": 5}}', (400, "INVALID_CONTEXT")),
        (b"[]", (400, "GENERAL")),
    ],
)
def test_request__that_cannot_be_read__says_why_in_both_endpoints(
    site: Site, body: bytes, expected: tuple[int, str]
) -> None:
    key = page_key(site)

    bulk = call("POST", FLAGS, body, key=key)
    single = call("POST", f"{FLAGS}/home-test", body, key=key)

    assert refused(bulk) == refused(single) == expected
    assert "key" not in bulk.json()
    assert single.json()["key"] == "home-test"


def test_context__with_too_many_members__is_refused(site: Site) -> None:
    context = {f"a{number}": number for number in range(100)}

    assert refused(ask(site, context)) == (400, "INVALID_CONTEXT")


@pytest.mark.parametrize("context", [{}, {"targetingKey": ""}, {"targetingKey": None}])
def test_single__without_any_id__is_targeting_key_missing(
    site: Site, context: dict[str, Any]
) -> None:
    assert refused(ask(site, context, "home-test")) == (400, "TARGETING_KEY_MISSING")


@pytest.mark.parametrize("flag", ["nothing", "%F0%9F%98%80", "a" * 500, "home%2Ftest", "%00"])
def test_single__of_an_unknown_flag__is_flag_not_found(site: Site, flag: str) -> None:
    response = ask(site, {"targetingKey": "v-1"}, flag)

    assert response.status_code == 404
    if flag != "home%2Ftest":  # a path of its own, which is no endpoint
        assert refused(response) == (404, "FLAG_NOT_FOUND")


def test_draft__that_nobody_may_hear_of__has_no_flag() -> None:
    site = a_site()
    draft_experiment(site, "unborn")

    assert refused(ask(site, {"targetingKey": "v-1"}, "unborn")) == (404, "FLAG_NOT_FOUND")
    assert b"unborn" not in ask(site, {"targetingKey": "v-1"}).content


def test_key__missing_or_unknown__is_a_401_with_details(site: Site) -> None:
    for key in ("", "pk_unknown"):
        response = call("POST", FLAGS, {"context": {}}, key=key)

        assert refused(response) == (401, "GENERAL")
        assert "WWW-Authenticate" in response.headers


def test_key__as_a_bearer__is_taken_too(site: Site) -> None:
    bearer = f"Bearer {page_key(site)}"

    response = call("POST", FLAGS, {"context": {}}, Authorization=bearer)

    assert response.status_code == 200


def test_caller__beyond_its_rate__is_told_when_to_come_again(
    site: Site, settings: Settings
) -> None:
    settings.RATE_LIMIT_PER_KEY = 1
    key = page_key(site)
    limits._buckets.clear()

    responses = [call("POST", FLAGS, {"context": {}}, key=key) for _ in range(4)]

    limits._buckets.clear()
    assert refused(responses[-1]) == (429, "GENERAL")
    assert int(responses[-1].headers["Retry-After"]) >= 1


def test_browser__of_the_site__may_ask_and_read_the_etag(site: Site) -> None:
    asked = call("OPTIONS", FLAGS, Origin=SHOP)
    read = ask(site, {}, Origin=SHOP)
    single = call("OPTIONS", f"{FLAGS}/home", Origin=SHOP)

    assert asked.status_code == single.status_code == 204
    allowed = set(asked.headers["Access-Control-Allow-Headers"].split(", "))
    assert {"content-type", "x-api-key", "authorization", "if-none-match"} <= allowed
    assert set(read.headers["Access-Control-Expose-Headers"].split(", ")) == {"ETag", "Retry-After"}
    assert read.headers["Access-Control-Allow-Origin"] == SHOP


@pytest.mark.parametrize("path", [FLAGS, f"{FLAGS}/home"])
def test_method__other_than_post__is_a_405(path: str) -> None:
    assert refused(call("GET", path)) == (405, "GENERAL")


def test_path__beside_the_protocol__is_a_problem_document() -> None:
    response = call("POST", "/ofrep/v1/configuration", {})

    assert response.status_code == 404
    assert json.loads(response.content)["code"] == "unknown_endpoint"
