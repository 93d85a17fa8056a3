"""Calling the standards' endpoints within a test's own process."""

import json
from typing import Any

from experiments.models import ApiKey, Site
from tests.callers import Caller, key_for

FLAGS = "/ofrep/v1/evaluate/flags"


def page_key(site: Site) -> str:
    """Return a publishable key of the site."""
    return key_for(site, kind=ApiKey.Kind.PUBLISHABLE)


def call(method: str, path: str, body: Any = b"", *, key: str = "", **headers: str) -> Any:
    """Return the response of the service as it stands behind its server."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    sent |= {"X-API-Key": key} if key else {}
    return Caller().client.generic(
        method, path, data, content_type="application/json", headers=sent
    )
