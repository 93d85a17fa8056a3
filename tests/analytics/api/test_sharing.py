"""Links to reports over the API."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from analytics.models import ShareLink
from experiments.models import Site
from tests.analytics.rows import Shares
from tests.analytics.web.reports import reported
from tests.callers import Caller, caller_for, refusal
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db

FEW = {"control": Shares(20, 0.2), "treatment": Shares(20, 0.4)}
ASKED = {"experiment": "home-test", "days": 30, "label": "Board"}


@pytest.fixture
def site() -> Site:
    return reported(FEW).site


@pytest.fixture
def caller(site: Site) -> Caller:
    return caller_for(site, "analyses")


def test_link__made_by_a_key__opens_and_is_listed_without_its_token(caller: Caller) -> None:
    made = caller.post("share-links", ASKED)
    opened = Client().get(urlsplit(made.json()["url"]).path)
    (listed,) = caller.get("share-links?experiment=home-test").json()["results"]

    assert (made.status_code, opened.status_code) == (201, 200)
    assert made.json()["token"] in made.json()["url"]
    assert "token" not in listed
    assert "digest" not in listed
    assert (listed["state"], listed["times_opened"], listed["label"]) == ("open", 1, "Board")
    assert listed["created_by"] == "key tests"


def test_link__revoked_by_a_key__opens_nothing(caller: Caller) -> None:
    made = caller.post("share-links", ASKED).json()

    revoked = caller.post(f"share-links/{made['id']}/revoke")

    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")
    assert Client().get(urlsplit(made["url"]).path).status_code == 404


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"days": 91}, 400, "days"),
        ({"days": "soon"}, 400, "days"),
        ({"label": "x" * 201}, 400, "label"),
        ({"label": "a\0b"}, 400, "label"),
        ({"exploration": 99}, 404, "exploration"),
        ({"exploration": 2**70}, 400, "exploration"),
        ({"experiment": "no-such"}, 404, None),
        ({"for": "ever"}, 400, "for"),
    ],
)
def test_link__of_bad_fields__is_refused(
    caller: Caller, fields: dict[str, object], status: int, field: str | None
) -> None:
    answer = caller.post("share-links", ASKED | fields)

    assert answer.status_code == status
    assert field is None or answer.json()["field"] == field
    assert not ShareLink.objects.exists()


def test_link__without_a_finished_report__is_a_conflict(site: Site, caller: Caller) -> None:
    draft_experiment(site, "empty")

    assert caller.post("share-links", ASKED | {"experiment": "empty"}).status_code == 409


def test_links__of_another_site__do_not_exist(caller: Caller) -> None:
    number = caller.post("share-links", ASKED).json()["id"]
    other = caller_for(a_site("other"), "analyses")

    assert other.get("share-links").json()["results"] == []
    assert refusal(other.post("share-links", ASKED))[0] == 404
    assert refusal(other.post(f"share-links/{number}/revoke"))[0] == 404
