"""Two sites with a row in every table, and the people who come to look."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from experiments.models import Site
from tests.access.people import PEOPLE, Crowd
from tests.experiments.admin.filled import filled_site


@pytest.fixture(scope="module")
def settled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Crowd]:
    """Fill the sites and sign everybody in once for a module; each test is rolled back to that."""
    with django_db_blocker.unblock(), transaction.atomic():
        found = Crowd(here=filled_site("here"), elsewhere=filled_site("elsewhere"))
        for person in PEOPLE:
            found.client(person)
        yield found
        transaction.set_rollback(True)


@pytest.fixture
def crowd(settled: Crowd, db: None) -> Crowd:
    here, elsewhere = (Site.objects.get(pk=site.pk) for site in (settled.here, settled.elsewhere))
    clients = {name: _again(client) for name, client in settled.clients.items()}
    return Crowd(here=here, elsewhere=elsewhere, clients=clients)


def _again(client: Client) -> Client:
    """Return a browser that is signed in likewise, and remembers nothing else."""
    other = Client()
    other.cookies = deepcopy(client.cookies)
    return other
