"""Where links are made, listed and revoked."""

import html
import re
from urllib.parse import urlsplit

import pytest
from django.test import Client

from analytics.models import ShareLink
from experiments.models import Experiment
from tests.factories import draft_experiment, member

pytestmark = pytest.mark.django_db

PATH = "/reports/home-test/links/"
ASKED = {"shows": "report", "days": "7", "label": "Board <b>"}


@pytest.fixture
def analyst(client: Client, experiment: Experiment) -> Client:
    client.force_login(
        member(experiment.site, "analyst", "ines"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


def address_in(body: str) -> str:
    found = re.search(r'id="secret"[^>]*>([^<]+)<', body)
    assert found is not None
    return html.unescape(found[1])


def test_link__made_on_the_page__is_shown_once_and_opens(analyst: Client) -> None:
    made = analyst.post(PATH, ASKED)
    address = address_in(made.content.decode())
    later = analyst.get(PATH).content.decode()

    assert made.headers["Cache-Control"] == "no-store"
    assert address.startswith("http://testserver/shared/")
    assert Client().get(urlsplit(address).path).status_code == 200
    assert 'id="secret"' not in later
    assert address.split("/")[-2] not in later
    assert "Board &lt;b&gt;" in later
    assert "Made by ines" in later
    assert "Opened never" in later


def test_links__opened_and_revoked__say_so(analyst: Client) -> None:
    address = address_in(analyst.post(PATH, ASKED).content.decode())
    Client().get(urlsplit(address).path)
    link = ShareLink.objects.get()
    opened = analyst.get(PATH).content.decode()

    gone = analyst.post(f"{PATH}{link.pk}/revoke/", follow=True).content.decode()

    assert "Opened once, last" in opened
    assert "opens nothing any more" in gone
    assert "Revoked by ines" in gone
    assert "Revoke</button>" not in gone
    assert Client().get(urlsplit(address).path).status_code == 404


@pytest.mark.parametrize(
    "fields", [{"days": "91"}, {"days": "0"}, {"days": "x"}, {"shows": "99"}, {"label": "x" * 201}]
)
def test_link__that_cannot_be__says_why_at_the_form(
    analyst: Client, fields: dict[str, str]
) -> None:
    body = analyst.post(PATH, ASKED | fields).content.decode()

    assert "errorlist" in body
    assert not ShareLink.objects.exists()


def test_link__without_a_report__says_what_to_do(analyst: Client, experiment: Experiment) -> None:
    draft_experiment(experiment.site, "empty")

    assert "Refresh it" in analyst.post("/reports/empty/links/", ASKED).content.decode()


def test_link__of_another_experiment__is_not_revoked(
    analyst: Client, experiment: Experiment
) -> None:
    analyst.post(PATH, ASKED)
    link = ShareLink.objects.get()

    assert analyst.post(f"{PATH}{link.pk + 1}/revoke/").status_code == 404
    link.refresh_from_db()
    assert link.revoked_at is None
