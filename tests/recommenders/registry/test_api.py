"""The registry over the interface: read, train, promote, roll back, each refusal with its fix."""

from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from experiments.models import Site
from recommenders.models import Artifact, Recommender
from tests.callers import key_for
from tests.factories import a_site, stocked, trained

pytestmark = pytest.mark.django_db
ROOT = "/api/v1/recommenders"


@pytest.fixture
def site() -> Site:
    site = a_site()
    stocked(site, 12)
    trained(site, "popularity", "random", "random")
    return site


@pytest.fixture
def call(site: Site, client: Any) -> Any:
    """Return a caller with a key of the site."""
    headers = {"Authorization": f"Bearer {key_for(site, 'items')}"}

    def ask(path: str, body: dict[str, Any] | None = None) -> Any:
        if body is None:
            return client.get(ROOT + path, headers=headers)
        return client.post(ROOT + path, body, headers=headers, content_type="application/json")

    return ask


def names() -> list[str]:
    return [row.full_name for row in Artifact.objects.filter(recommender__key="random")]


def test_list__of_a_site__names_champions(call: Any) -> None:
    other = a_site("other")
    Recommender.objects.create(site=other, key="theirs", algorithm="random")

    rows = {row["key"]: row for row in call("").json()["results"]}

    assert rows["random"]["champion"] == names()[-1]
    assert rows["random"]["challenger"] is None
    assert "theirs" not in rows


def test_detail__of_a_recommender__has_artifacts_gates_and_moves(call: Any) -> None:
    body = call("/random").json()

    newest = body["artifacts"][0]
    assert [each["name"] for each in body["artifacts"]] == names()
    assert newest["status"] == "ready"
    assert {each["code"] for each in newest["gate"]} >= {"opens", "beats_popularity"}
    assert newest["manifest"]["seed"] == 20_260_101
    assert [move["alias"] for move in body["moves"]] == ["champion"]


def test_train__asked__answers_at_once_with_what_is_queued(
    call: Any, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        answer = call("/random/train", {"reason": "a new catalogue", "promote": False})

    row = Artifact.objects.latest("pk")
    assert answer.status_code == 202
    assert (answer.json()["name"], answer.json()["status"]) == (row.full_name, "queued")
    assert (row.cause, row.cause_detail, row.wants_promotion) == (
        "request",
        "a new catalogue",
        False,
    )
    assert len(callbacks) >= 1


def test_promote__held_back_by_the_gate__is_refused_and_leaves_it_to_people(call: Any) -> None:
    answer = call("/random/promote", {"artifact": names()[0], "reason": "I want it"})

    assert answer.status_code == 409
    assert answer.json()["code"] == "promotion_refused"
    assert "override" in answer.json()["hint"]


def test_promote_and_roll_back__of_a_challenger__move_it_on_record(call: Any) -> None:
    given = {"alias": "challenger", "artifact": names()[0], "reason": "to be tried"}

    promoted = call("/random/promote", given).json()
    back = call("/random/roll-back", {"alias": "challenger", "reason": "not now"}).json()

    assert promoted["challenger"] == names()[0]
    assert back["challenger"] is None
    newest = back["moves"][0]
    assert (newest["is_rollback"], newest["reason"]) == (True, "not now")
    assert newest["actor"].startswith("key ")


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "field"),
    [
        ("/nobody", None, 404, "not_found", None),
        ("/nobody/train", {}, 404, "not_found", None),
        ("/random/train", {"quickly": True}, 400, "unknown_field", "quickly"),
        ("/random/train", {"promote": "perhaps"}, 400, "invalid", "promote"),
        ("/random/promote", {"artifact": "random@1"}, 400, "required", "reason"),
        ("/random/promote", {"artifact": "random@1", "reason": "x"}, 404, "not_found", "artifact"),
        ("/random/promote", {"artifact": "popularity", "reason": "x"}, 404, "not_found", None),
        ("/random/promote", {"artifact": "a\0", "reason": "x"}, 400, None, "artifact"),
        ("/random/roll-back", {"alias": "king", "reason": "x"}, 400, "invalid_choice", "alias"),
        ("/random/roll-back", {"reason": "x"}, 409, "promotion_refused", None),
        ("/random/roll-back", {"reason": " "}, 400, None, "reason"),
    ],
)
def test_call__that_cannot_be_done__says_what_is_wrong(
    call: Any, path: str, body: dict[str, Any] | None, status: int, code: str | None, field: str
) -> None:
    answer = call(path, body)

    told = answer.json()
    assert answer.status_code == status, told
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert code in (None, told["code"])
    assert field in (None, told.get("field"))


def test_recommender__of_another_site__is_not_found(call: Any) -> None:
    Recommender.objects.create(site=a_site("other"), key="theirs", algorithm="random")

    assert call("/theirs").status_code == 404
    assert call("/theirs/train", {}).status_code == 404


def test_list__of_many_recommenders__takes_as_many_queries_as_of_few(
    call: Any, site: Site, django_assert_max_num_queries: Any
) -> None:
    trained(site, "item_knn")
    Recommender.objects.bulk_create(
        Recommender(site=site, key=f"more-{n}", algorithm="random") for n in range(20)
    )

    with django_assert_max_num_queries(9):
        call("")
