"""Whose request it is: the proxy's word counts in production, nobody's elsewhere."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from experiments.traffic.addresses import client_address


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("made up by the client, 203.0.113.9", "203.0.113.9"),
        ("", "127.0.0.1"),
    ],
)
def test_address__behind_a_proxy__is_what_the_proxy_saw(
    settings: Settings, forwarded: str, expected: str
) -> None:
    settings.PRODUCTION = True
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded)

    assert client_address(request) == expected


def test_address__without_a_proxy__ignores_the_header(settings: Settings) -> None:
    settings.PRODUCTION = False
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR="203.0.113.9")

    assert client_address(request) == "127.0.0.1"
