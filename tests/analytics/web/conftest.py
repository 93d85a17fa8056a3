"""Fixtures of the report screens' tests."""

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def analyst(client: Client, db: None) -> Client:
    """Return a client of somebody who signed in and is no administrator."""
    client.force_login(
        User.objects.create_user("ines"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client
