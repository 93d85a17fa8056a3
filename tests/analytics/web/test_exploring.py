"""Explorations on the screen."""

import pytest
from django.test import Client
from django.urls import reverse

from analytics.models import Exploration
from analytics.services import compute_exploration
from tests.analytics.web.rich import a_rich_run
from tests.factories import member

pytestmark = pytest.mark.django_db

ASKED = {"name": "Phones", "attribute_1": "device", "value_1": "mobile", "metrics": ["conversion"]}


def test_exploration__asked_by_the_form__gets_an_address_and_an_answer(analyst: Client) -> None:
    a_rich_run()

    asked = analyst.post("/reports/home-test/explorations/", ASKED)
    row = Exploration.objects.get()
    waiting = analyst.get(asked.headers["Location"]).content.decode()
    compute_exploration(exploration_id=row.pk)
    answered = analyst.get(asked.headers["Location"]).content.decode()

    assert asked.status_code == 302
    assert row.created_by is not None
    assert "data-pending" in waiting
    assert "Nothing here is the experiment’s result" in answered
    assert "units with device = mobile" in answered
    assert "Conversion" in answered
    assert "WITH f AS" in answered


def test_explorations__of_a_run__are_listed_with_their_questions(analyst: Client) -> None:
    a_rich_run()
    analyst.post("/reports/home-test/explorations/", ASKED)

    body = analyst.get("/reports/home-test/explorations/").content.decode()

    assert "units with device = mobile" in body
    assert "Phones" in body


def test_exploration__that_cannot_be_asked__says_why_at_the_form(analyst: Client) -> None:
    a_rich_run()

    body = analyst.post(
        "/reports/home-test/explorations/", ASKED | {"attribute_1": "de'vice"}
    ).content.decode()

    assert "is no name of an attribute" in body
    assert not Exploration.objects.exists()


def test_exploration__of_a_hostile_name__is_escaped(analyst: Client) -> None:
    a_rich_run()

    asked = analyst.post("/reports/home-test/explorations/", ASKED | {"name": '"><script>'})
    body = analyst.get(asked.headers["Location"]).content.decode()

    assert '"><script>' not in body


def test_exploration__by_a_viewer__is_seen_but_not_asked(client: Client) -> None:
    a_rich_run()
    client.force_login(
        member(None, "viewer", "vic"), backend="django.contrib.auth.backends.ModelBackend"
    )
    address = reverse("reports:explorations", args=["home-test"])

    assert client.get(address).status_code == 200
    assert client.post(address, ASKED).status_code == 403
