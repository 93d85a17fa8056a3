"""The headers of pages and of the interface, and what is different in production."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client, RequestFactory

from config.wsgi import application
from tests.callers import Caller, caller_for
from tests.checks import PRODUCTION, ROOT, clean_environment
from tests.factories import a_site

pytestmark = pytest.mark.django_db

PAGES = ("/accounts/login/", "/admin/login/", "/api/docs/", "/api/schema/", "/healthz", "/readyz")


def policy_of(response: Any) -> dict[str, str]:
    """Return the content security policy by directive."""
    parts = response.headers["Content-Security-Policy"].split(";")
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in parts)}


@pytest.mark.parametrize("path", PAGES)
def test_page__answered__is_not_sniffed_framed_or_referred(path: str) -> None:
    response = Client().get(path)

    assert response.status_code == 200
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"
    policy = policy_of(response)
    assert policy["frame-ancestors"] == "'none'"
    assert policy["object-src"] == "'none'"
    assert policy["default-src"] == policy["form-action"] == policy["base-uri"] == "'self'"
    assert "http" not in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "scripts", "styles"),
    [
        ("/accounts/login/", None, None),
        ("/reports/", None, None),
        ("/nothing/", None, None),
        ("/admin/login/", "'self' 'unsafe-eval'", "'self' 'unsafe-inline'"),
        ("/api/docs/", "'self' 'unsafe-inline'", "'self' 'unsafe-inline'"),
    ],
)
def test_policy__of_an_area__allows_no_more_than_stated(
    path: str, scripts: str | None, styles: str | None
) -> None:
    policy = policy_of(Client().get(path))

    assert policy.get("script-src") == scripts
    assert policy.get("style-src") == styles


def test_interface__answered__is_neither_cached_nor_sniffed() -> None:
    caller = caller_for(a_site())

    answers = [
        caller.get("items"),
        caller.post("recommendations", {"placement": "home"}),
        caller.post("recommendations", b"{"),
        caller.get("nothing"),
        Caller().get("items"),
    ]

    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}
    assert {answer.headers["X-Content-Type-Options"] for answer in answers} == {"nosniff"}
    assert not any(answer.cookies for answer in answers)


@pytest.fixture
def _kept_connection() -> Iterator[None]:
    """Keep the test's connection: a web server closes one that is inside a transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def through_wsgi(path: str, **environ: str) -> tuple[str, dict[str, str]]:
    """Return status and headers as the web server gets them."""
    given: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]], *_rest: Any) -> None:
        given["status"], given["headers"] = status, dict(headers)

    request = RequestFactory().post(path, b"{}", content_type="application/json")
    answer: Any = application({**request.environ, "HTTP_HOST": "localhost", **environ}, start)
    b"".join(answer)
    if hasattr(answer, "close"):  # as a server asks
        answer.close()
    return given["status"], given["headers"]


@pytest.mark.django_db(transaction=True)  # a connection inside of a transaction would be dropped
def test_server__asked_for_the_interface__runs_no_session_or_page_code() -> None:
    status, headers = through_wsgi("/api/v1/recommendations", HTTP_COOKIE="sessionid=x")

    assert status.startswith("401")
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" not in headers


@pytest.mark.usefixtures("_kept_connection")
def test_server__asked_for_a_page__runs_the_whole_chain() -> None:
    status, headers = through_wsgi("/accounts/login/")

    assert status.startswith("403")  # a form without its token
    assert "Content-Security-Policy" in headers


PROBE = """
import json, sys
import django
django.setup()
from django.test import Client
answers = {}
for scheme in ("http", "https"):
    client = Client(headers={"host": "shop.example", "x-forwarded-proto": scheme})
    for path in ("/accounts/login/", "/healthz"):
        response = client.get(path)
        cookies = {n: [m["secure"], m["samesite"]] for n, m in response.cookies.items()}
        answers[scheme + path] = [response.status_code, dict(response.headers), cookies]
stranger = Client(headers={"host": "evil.example", "x-forwarded-proto": "https"})
answers["stranger"] = [stranger.get("/accounts/login/").status_code, {}, {}]
sys.stdout.write(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what a production installation answers, asked in a process of its own."""
    folder: Path = tmp_path_factory.mktemp("production")
    env = clean_environment(folder) | PRODUCTION | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def test_production__over_http__redirects_pages_to_https(production: dict[str, Any]) -> None:
    status, headers, _cookies = production["http/accounts/login/"]

    assert (status, headers["Location"]) == (301, "https://shop.example/accounts/login/")


def test_production__over_http__answers_the_health_check(production: dict[str, Any]) -> None:
    assert production["http/healthz"][0] == 200


def test_production__over_https__pins_https_and_secures_cookies(
    production: dict[str, Any],
) -> None:
    status, headers, cookies = production["https/accounts/login/"]

    assert status == 200
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert cookies["csrftoken"] == [True, "Lax"]


def test_production__under_another_name__is_a_400(production: dict[str, Any]) -> None:
    assert production["stranger"][0] == 400


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"ARMATURE_SECRET_KEY": "short"}, "ARMATURE_SECRET_KEY"),
        ({"ARMATURE_SECRET_KEY": ""}, "ARMATURE_SECRET_KEY"),
        ({"ARMATURE_PRODUCTION": "perhaps"}, "ARMATURE_PRODUCTION"),
    ],
)
def test_production__badly_set_up__does_not_start(
    tmp_path: Path, change: dict[str, str], named: str
) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=clean_environment(tmp_path) | PRODUCTION | change,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert named in done.stderr
