"""Fixtures of the report screens' tests."""

import pytest
from django.test import Client

from tests.factories import member


@pytest.fixture
def analyst(client: Client, db: None) -> Client:
    """Return a client of somebody who is an analyst in every site."""
    client.force_login(
        member(None, "analyst", "ines"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client
