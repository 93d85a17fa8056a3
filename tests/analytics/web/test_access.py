"""Who may see a report, which one is meant, and how a refresh is asked for."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from analytics.models import Analysis
from experiments.models import Experiment
from tests.analytics.web.reports import NOBODY, reported
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db

PATHS = ["", "home-test/", "home-test/results.csv", "home-test/results.json"]


@pytest.mark.parametrize("path", PATHS)
def test_page__without_signing_in__asks_to_sign_in(client: Client, path: str) -> None:
    reported(NOBODY)

    response = client.get(f"/reports/{path}")

    assert response.status_code == 302
    assert response.headers["Location"] == f"/accounts/login/?next=/reports/{path}"


def test_refresh__without_signing_in__computes_nothing(client: Client) -> None:
    draft_experiment(a_site())

    assert client.post("/reports/home-test/refresh/").status_code == 302
    assert Analysis.objects.count() == 0


def test_refresh__by_get__is_not_allowed(analyst: Client) -> None:
    draft_experiment(a_site())

    assert analyst.get("/reports/home-test/refresh/").status_code == 405


@pytest.mark.parametrize("path", ["no-such/", "no-such/results.csv", "no-such/results.json"])
def test_page__unknown_experiment__is_not_found_and_names_it(analyst: Client, path: str) -> None:
    response = analyst.get(f"/reports/{path}")

    assert response.status_code == 404
    assert "There is no experiment &#x27;no-such&#x27;." in response.content.decode()


@pytest.mark.parametrize("site", ["nowhere", "a\x00b", "x" * 5000, "' OR 1=1 --"])
def test_page__odd_site__is_not_found(analyst: Client, site: str) -> None:
    draft_experiment(a_site())

    assert analyst.get("/reports/home-test/", {"site": site}).status_code == 404


@pytest.mark.parametrize("name", ["csv", "json"])
def test_export__without_a_report__is_not_found(analyst: Client, name: str) -> None:
    draft_experiment(a_site())

    assert analyst.get(f"/reports/home-test/results.{name}").status_code == 404


def test_path__that_leads_nowhere__is_not_found_and_says_where(analyst: Client) -> None:
    response = analyst.get("/no/such/page")

    assert response.status_code == 404
    assert "There is no page at <code>/no/such/page</code>" in response.content.decode()


def test_key__in_two_sites__asks_which_and_finds_each(analyst: Client) -> None:
    for slug in ("north", "south"):
        draft_experiment(a_site(slug))

    response = analyst.get("/reports/home-test/")

    assert response.status_code == 300
    for slug in ("north", "south"):
        path = f"/reports/home-test/?site={slug}"
        assert f'href="{path}"' in response.content.decode()
        assert f"<span>{slug.title()}</span>" in analyst.get(path).content.decode()


def test_refresh__of_one_of_two_sites__computes_that_one(
    analyst: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    for slug in ("north", "south"):
        draft_experiment(a_site(slug))

    with django_capture_on_commit_callbacks() as queued:
        response = analyst.post("/reports/home-test/refresh/?site=south")

    assert response.headers["Location"] == "/reports/home-test/?site=south"
    assert Analysis.objects.get().experiment.site.slug == "south"
    assert len(queued) == 1


def test_refresh__of_what_cannot_be_analysed__says_why(analyst: Client) -> None:
    draft_experiment(a_site()).variants.filter(is_control=False).delete()

    page = analyst.post("/reports/home-test/refresh/", follow=True)

    assert page.status_code == 200
    assert "an analysis needs a control and at least one treatment" in page.content.decode()
    assert Analysis.objects.count() == 0


def test_refresh__from_another_site__is_refused(db: None) -> None:
    client: Any = Client(enforce_csrf_checks=True)
    draft_experiment(a_site())

    response = client.post("/reports/home-test/refresh/")

    assert response.status_code == 403
    assert "The form was open too long" in response.content.decode()
    assert Experiment.objects.count() == 1


def test_login__name_with_a_nul__is_refused(client: Client) -> None:
    response = client.post("/accounts/login/", {"username": "a\x00b", "password": "x"})

    assert response.status_code == 200
    assert "Sign in to Armature" in response.content.decode()


def test_login__wrong_password__says_so_and_keeps_the_name(client: Client) -> None:
    response = client.post("/accounts/login/", {"username": 'ines"><b>', "password": "wrong"})

    body = response.content.decode()
    assert "Please enter a correct username and password" in body
    assert 'value="ines&quot;&gt;&lt;b&gt;"' in body
