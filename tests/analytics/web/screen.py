"""Reading a report's page."""

import re

from django.test import Client

TAG = re.compile(r"<[^>]+>")


def shown(client: Client, path: str = "/reports/home-test/") -> str:
    """Return a page's text as a reader sees it, thin spaces as plain ones."""
    response = client.get(path)
    assert response.status_code == 200
    body = response.content.decode().split("<main", 1)[1]
    return " ".join(TAG.sub(" ", body).replace("\u202f", " ").replace("\xa0", " ").split())


def state_of(client: Client) -> str:
    found = re.search(r'data-state="(\w+)"', client.get("/reports/home-test/").content.decode())
    assert found is not None
    return found[1]
