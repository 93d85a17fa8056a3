"""Bodies that no endpoint can take: each answers with a problem document, never with a 5xx."""

import gzip
import json
from typing import Any

import pytest

from experiments.models import Event, InboxBatch, Quarantine
from recommenders.models import Item
from tests.callers import Caller, caller_for, problem_of, refusal
from tests.experiments.api.endpoints import WITH_BODY, Endpoint
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db

NO_JSON = {
    "half an object": b"{",
    "words": b"visitor=v-1&k=3",
    "single quotes": b"{'placement': 'home'}",
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"placement": "home"}'.encode("utf-16"),
    "number": b"01",
}
NO_OBJECT = {"list": b"[]", "text": b'"home"', "null": b"null", "number": b"1", "true": b"true"}
NO_VALUE = {
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "raw NUL": b'"a\x00b"',
    "lone surrogate": b'"\\ud800"',
    "unknown escape": b'"\\x41"',
}
NO_TEXT = {
    "object": b'{"a": 1}',
    "list": b'["home"]',
    "true": b"true",
    "NUL escape": b'"a\\u0000b"',
    "too long": b'"' + b"a" * 1025 + b'"',
}
# Refused as JSON or as no text, whatever the decoder meets first.
BROKEN = {
    "two documents": b'"a"} {',
    "invalid UTF-8": b'"\xff\xfe"',
    "overlong UTF-8": b'"\xc0\x80"',
    "UTF-8 of half a character": b'"\xed\xa0\x80"',
    "5 000 digits": b"9" * 5000,
    "1e400": b"1e400",
    "2^64": b"18446744073709551616",
    "10^30": b"1" + b"0" * 30,
    "deep list": b"[" * 3000 + b"]" * 3000,
    "deep object": b'{"a":' * 3000 + b"1" + b"}" * 3000,
    "unclosed deep list": b"[" * 200_000,
}
every_endpoint = pytest.mark.parametrize("endpoint", WITH_BODY.values(), ids=WITH_BODY)
# Those that refuse a body as a whole; each item of a batch is judged alone.
WHOLE = {name: endpoint for name, endpoint in WITH_BODY.items() if name != "items"}
every_whole = pytest.mark.parametrize("endpoint", WHOLE.values(), ids=WHOLE)


@pytest.fixture
def caller() -> Caller:
    site = a_site()
    draft_experiment(site)
    return caller_for(site)


def send(caller: Caller, endpoint: Endpoint, body: Any, **headers: str) -> Any:
    return caller.send(endpoint.method, endpoint.path, body, **headers)


def refusals(
    caller: Caller, endpoint: Endpoint, values: dict[str, bytes]
) -> dict[str, tuple[int, str, str | None]]:
    """Return how the endpoint refuses each of these where it expects a text."""
    return {
        name: refusal(send(caller, endpoint, endpoint.text.replace(b"%s", value)))
        for name, value in values.items()
    }


@every_endpoint
def test_body__not_json__is_refused(caller: Caller, endpoint: Endpoint) -> None:
    found = {name: refusal(send(caller, endpoint, body)) for name, body in NO_JSON.items()}

    assert found == dict.fromkeys(NO_JSON, (400, "invalid_json", None))


@every_endpoint
def test_body__not_an_object__is_refused(caller: Caller, endpoint: Endpoint) -> None:
    found = {name: refusal(send(caller, endpoint, body))[0] for name, body in NO_OBJECT.items()}

    assert found == dict.fromkeys(NO_OBJECT, 400)


@every_whole
def test_body__with_a_value_that_is_no_json__is_refused(caller: Caller, endpoint: Endpoint) -> None:
    found = refusals(caller, endpoint, NO_VALUE)

    assert found == dict.fromkeys(NO_VALUE, (400, "invalid_json", None))


@every_whole
def test_body__with_no_text_where_one_belongs__names_the_field(
    caller: Caller, endpoint: Endpoint
) -> None:
    found = refusals(caller, endpoint, NO_TEXT)

    assert {status for status, _code, _field in found.values()} == {400}
    assert {field for _status, _code, field in found.values()} == {endpoint.field}


@every_whole
def test_body__broken_in_any_other_way__is_refused(caller: Caller, endpoint: Endpoint) -> None:
    found = refusals(caller, endpoint, BROKEN)

    assert {name: status for name, (status, _code, _field) in found.items()} == dict.fromkeys(
        BROKEN, 400
    )


@pytest.mark.parametrize("value", [*NO_VALUE.values(), *NO_TEXT.values(), *BROKEN.values()])
def test_item__with_something_else_for_its_id__is_refused_by_name_or_with_the_body(
    caller: Caller, value: bytes
) -> None:
    endpoint = WITH_BODY["items"]

    answer = send(caller, endpoint, endpoint.text.replace(b"%s", value))

    assert answer.status_code in {200, 400}
    if answer.status_code == 200:
        (rejected,) = answer.json()["rejected"]
        assert (rejected["index"], rejected["field"]) == (0, "item_id")
    assert not Item.objects.exists()


@every_endpoint
def test_body__beyond_one_mebibyte__is_a_413(caller: Caller, endpoint: Endpoint) -> None:
    body = endpoint.text.replace(b"%s", b'"' + b"a" * 2 * 1024 * 1024 + b'"')

    problem = problem_of(send(caller, endpoint, body))

    assert (problem["status"], problem["code"]) == (413, "too_large")
    assert problem["hint"]


@every_endpoint
def test_body__gzip_that_inflates_beyond_one_mebibyte__is_a_413(
    caller: Caller, endpoint: Endpoint
) -> None:
    bomb = gzip.compress(b" " * 64 * 1024 * 1024)

    problem = problem_of(send(caller, endpoint, bomb, Content_Encoding="gzip"))

    assert len(bomb) < 100_000
    assert (problem["status"], problem["code"]) == (413, "too_large")


@every_endpoint
def test_body__damaged_gzip__is_refused(caller: Caller, endpoint: Endpoint) -> None:
    good = gzip.compress(json.dumps(endpoint.body).encode())
    damaged = {
        "no gzip": b"{}",
        "cut": good[:-8],
        "checksum": good[:-8] + bytes(byte ^ 255 for byte in good[-8:]),
        "trailing": good + b"more",
    }

    found = {
        name: refusal(send(caller, endpoint, body, Content_Encoding="gzip"))
        for name, body in damaged.items()
    }

    assert found == dict.fromkeys(damaged, (400, "invalid_gzip", None))


@every_endpoint
def test_body__of_another_kind_than_json__is_a_415(caller: Caller, endpoint: Endpoint) -> None:
    kinds = ("application/xml", "multipart/form-data; boundary=x", "image/png", "nonsense")

    statuses = {
        caller.send(endpoint.method, endpoint.path, endpoint.body, content_type=kind).status_code
        for kind in kinds
    }
    encoded = send(caller, endpoint, endpoint.body, Content_Encoding="br")

    assert statuses == {415}
    assert refusal(encoded) == (415, "unsupported_encoding", None)


@every_endpoint
def test_body__good__is_taken_plain_and_gzipped(caller: Caller, endpoint: Endpoint) -> None:
    packed = gzip.compress(json.dumps(endpoint.body).encode())

    responses = [
        send(caller, endpoint, endpoint.body),
        send(caller, endpoint, packed, Content_Encoding="gzip"),
    ]

    # The second call of an endpoint that changes state meets the state that the first one left.
    allowed = {200, 201, 202} | ({409} if "experiments" in endpoint.path else set())
    assert {response.status_code for response in responses} <= allowed


def test_bodies__refused__leave_nothing_behind(caller: Caller) -> None:
    for endpoint in WITH_BODY.values():
        for value in (b"NaN", b"1.5", b'"\\ud800"', b'"\\u0000"'):
            send(caller, endpoint, endpoint.text.replace(b"%s", value))

    assert not Event.objects.exists()
    assert not InboxBatch.objects.exists()
    assert not Quarantine.objects.exists()
    assert not Item.objects.exists()
