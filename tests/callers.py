"""Calling the API as a shop does, and reading what it refuses."""

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.test import Client, override_settings

from experiments.keys import SCOPES, create_api_key
from experiments.models import ApiKey, Site

PROBLEM_MEMBERS = {"type", "title", "status", "code", "detail", "field", "hint", "request_id"}


class Caller:
    """Whoever holds a key; sends what it is told to, well-formed or not."""

    def __init__(self, secret: str = "", **headers: str) -> None:
        self.client = Client(raise_request_exception=False)
        with override_settings(MIDDLEWARE=settings.API_MIDDLEWARE):  # as config/wsgi.py does
            self.client.handler.load_middleware()
        self.headers = headers | ({"Authorization": f"Bearer {secret}"} if secret else {})

    def send(
        self,
        method: str,
        path: str,
        body: Any = b"",
        *,
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        """Return the response; a body that is not bytes is sent as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            method, f"/api/v1/{path}", data, content_type=content_type, headers=sent
        )

    def post(self, path: str, body: Any = b"", **headers: str) -> Any:
        """Return the response to a POST."""
        return self.send("POST", path, body, **headers)

    def get(self, path: str) -> Any:
        """Return the response to a GET."""
        return self.send("GET", path)


def key_for(site: Site, *scopes: str, kind: str = ApiKey.Kind.SECRET) -> str:
    """Return the secret of a new key; without scopes it may do everything but set the clock."""
    wanted: Iterable[str] = scopes or SCOPES - {"simulate"}
    _row, secret = create_api_key(site=site, name="tests", kind=kind, scopes=wanted)
    return secret


def caller_for(site: Site, *scopes: str) -> Caller:
    """Return a caller with a new secret key of the site."""
    return Caller(key_for(site, *scopes))


def an_event(kind: str = "page_view", **fields: Any) -> dict[str, Any]:
    """Return a good event that happened now; its id is new."""
    return {
        "event_id": str(uuid.uuid4()),
        "type": kind,
        "occurred_at": datetime.now(UTC).isoformat(),
        "unit": {"visitor_id": "v-1"},
        **fields,
    }


def problem_of(response: Any) -> dict[str, Any]:
    """Return the problem document of a refusal; fails when the answer is anything else."""
    assert 400 <= response.status_code < 500, (response.status_code, response.content[:500])
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = json.loads(response.content)
    assert set(problem) == PROBLEM_MEMBERS
    assert problem["status"] == response.status_code
    assert problem["code"]
    assert problem["detail"]
    uuid.UUID(problem["request_id"])
    return problem


def refusal(response: Any) -> tuple[int, str, str | None]:
    """Return what a test of a refusal compares: status, code and field."""
    problem = problem_of(response)
    return problem["status"], problem["code"], problem["field"]
