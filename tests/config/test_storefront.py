"""The shortest way to an answer gives the answers of the ordinary one."""

import io
import json
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from config import wsgi
from config.storefront import StorefrontHandler
from experiments.keys import SCOPES, create_api_key
from experiments.models import Site
from tests.factories import a_site, stocked

# The handlers drop a connection that is inside of a transaction, as a test usually is.
pytestmark = pytest.mark.django_db(transaction=True)

GOOD: dict[str, Any] = {"unit": {"visitor_id": "v-1"}, "placement": "home", "k": 3}
ROUTES = {"shortest": wsgi._storefront, "ordinary": wsgi._api}


def _asked(app: Any, body: bytes, **environ: str) -> tuple[str, dict[str, str], bytes]:
    told: list[Any] = []
    given = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/recommendations",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        **environ,
    }
    chunks = app(given, lambda status, headers: told.extend([status, dict(headers)]))
    return told[0], told[1], b"".join(chunks)


def _key(site: Site) -> str:
    return create_api_key(site=site, name="storefront", scopes=sorted(SCOPES))[1]


def test_routes__list__is_the_same_but_for_its_ids() -> None:
    site = a_site()
    stocked(site, 5)
    key = f"Bearer {_key(site)}"

    found = {
        name: _asked(app, json.dumps(GOOD).encode(), HTTP_AUTHORIZATION=key)
        for name, app in ROUTES.items()
    }

    (status, headers, body), (other_status, other_headers, other_body) = found.values()
    assert status == other_status == "200 OK"
    assert headers == other_headers
    answer, other = json.loads(body), json.loads(other_body)
    assert len(answer["items"]) == 3
    for name in ("items", "experiment", "recommender", "placement"):
        assert answer[name] == other[name]


@pytest.mark.parametrize(
    ("body", "has_key", "status"), [(b"{", True, 400), (b"{}", True, 400), (b"{}", False, 401)]
)
def test_routes__refusal__is_the_same_document(body: bytes, has_key: bool, status: int) -> None:
    key = f"Bearer {_key(a_site())}" if has_key else "Bearer nobody's"

    found = [_asked(app, body, HTTP_AUTHORIZATION=key) for app in ROUTES.values()]

    documents = [json.loads(text) for _status, _headers, text in found]
    assert all(told.startswith(str(status)) for told, _headers, _text in found)
    assert found[0][1] == found[1][1]
    for name in ("code", "detail", "status"):
        assert documents[0][name] == documents[1][name]


def test_shortest__view_that_raises__answers_500_and_goes_on() -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError

    app = StorefrontHandler({"/broken": broken})

    for _ in range(2):
        status, headers, _body = _asked(app, b"", PATH_INFO="/broken")
        assert status == "500 Internal Server Error"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_application__reading_what_was_received__goes_the_ordinary_way() -> None:
    key = f"Bearer {_key(a_site())}"

    status, _headers, body = _asked(
        wsgi.application,
        b"",
        REQUEST_METHOD="GET",
        PATH_INFO="/api/v1/events",
        HTTP_AUTHORIZATION=key,
    )

    assert status == "200 OK"
    assert json.loads(body)["results"] == []
