"""Access and erasure over the API."""

import json
from typing import Any

import pytest

from experiments.models import Change, Erasure
from tests.callers import Caller, caller_for, key_for, refusal
from tests.experiments.subjects.marked import (
    ACCOUNT,
    MARK,
    STAYS,
    Shop,
    a_shop,
    apply_everything,
    leave_traces,
    of_visitor,
)
from tests.factories import a_site

pytestmark = pytest.mark.django_db

VISITOR = {"unit_type": "visitor", "unit_id": MARK}


@pytest.fixture
def shop() -> Shop:
    return a_shop()


@pytest.fixture
def caller(shop: Shop) -> Caller:
    return caller_for(shop.site, "subjects")


def document_of(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = json.loads(b"".join(answer.streaming_content))
    return found


def test_access__to_a_visitor__holds_every_table_and_nobody_else(
    shop: Shop, caller: Caller
) -> None:
    leave_traces(shop)

    answer = caller.post("subjects/access", VISITOR)
    document = document_of(answer)

    assert document["unit"] == {"type": "visitor", "id": MARK, "stored_as": MARK}
    assert document["counts"] == {name: len(rows) for name, rows in document["held"].items()}
    empty = {name for name, count in document["counts"].items() if not count}
    assert empty <= {"rollups"}
    assert STAYS not in json.dumps(document)
    (link,) = document["held"]["links"]
    assert link["account_id"] == ACCOUNT
    assert "data of its own" in link["note"]
    (exposure,) = document["held"]["exposures"]
    (assignment,) = document["held"]["assignments"]
    assert exposure["experiment"] == assignment["experiment"] == "home-test"
    assert answer.headers["Cache-Control"] == "no-store"
    assert Change.objects.get(action="access").subject.startswith("visitor ")


def test_access__to_somebody_unknown__is_an_empty_document(caller: Caller) -> None:
    document = document_of(caller.post("subjects/access", {**VISITOR, "unit_id": "nobody"}))

    assert {name for name, count in document["counts"].items() if count} <= {"assignments"}
    assert document["erasure"] is None


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"unit_type": "visitor"}, (400, "required", "unit_id")),
        ({"unit_type": "device", "unit_id": "d"}, (400, "invalid_choice", "unit_type")),
        ({"unit_type": "visitor", "unit_id": ""}, (400, "blank", "unit_id")),
        ({"unit_type": "visitor", "unit_id": 257 * "x"}, (400, "max_length", "unit_id")),
        ({"unit_type": "visitor", "unit_id": "v", "all": 1}, (400, "unknown_field", "all")),
    ],
)
@pytest.mark.parametrize("act", ["access", "erase"])
def test_subject__malformed__is_refused_with_its_field(
    caller: Caller, act: str, body: dict[str, Any], refused: tuple[int, str, str]
) -> None:
    assert refusal(caller.post(f"subjects/{act}", body)) == refused


def test_visitor__erased__is_told_how_far_it_is_without_its_id(caller: Caller) -> None:
    answer = caller.post("subjects/erase", VISITOR)

    (told,) = answer.json()["erasures"]
    assert answer.status_code == 202
    assert told["removed"] == {}
    assert caller.get(f"subjects/erasures/{told['id']}").json() == told
    assert caller.get("subjects/erasures").json()["results"] == [told]
    assert MARK not in answer.content.decode()


def test_account__erased__names_its_visitors_erasures_too(shop: Shop, caller: Caller) -> None:
    shop.send(of_visitor(MARK, "page_view"))
    apply_everything()
    account = {"unit_type": "account", "unit_id": ACCOUNT}

    with_visitors = caller.post("subjects/erase", account).json()["erasures"]
    alone = caller.post("subjects/erase", {**account, "linked": False}).json()["erasures"]

    assert [each["unit_type"] for each in with_visitors] == ["account", "visitor"]
    assert [each["id"] for each in alone] == [with_visitors[0]["id"]]


def test_visitor__erased_with_linked__is_refused(caller: Caller) -> None:
    answer = caller.post("subjects/erase", {**VISITOR, "linked": True})

    assert refusal(answer) == (400, "invalid", "linked")


def test_erasure__lifted__waits_until_it_is_finished(caller: Caller) -> None:
    (told,) = caller.post("subjects/erase", VISITOR).json()["erasures"]
    path = f"subjects/erasures/{told['id']}/lift"
    assert refusal(caller.post(path, {"reason": "back"}))[:2] == (400, "invalid")
    Erasure.objects.update(finished_at=told["asked_at"])

    assert refusal(caller.post(path, {})) == (400, "required", "reason")
    assert caller.post(path, {"reason": "back"}).status_code == 204
    assert not Erasure.objects.exists()


def test_subjects__of_another_site__are_not_within_reach(shop: Shop, caller: Caller) -> None:
    (told,) = caller.post("subjects/erase", VISITOR).json()["erasures"]
    stranger = caller_for(a_site("other"), "subjects")

    assert refusal(stranger.get(f"subjects/erasures/{told['id']}"))[0] == 404
    lifted = stranger.post(f"subjects/erasures/{told['id']}/lift", {"reason": "x"})
    assert refusal(lifted)[0] == 404
    assert stranger.get("subjects/erasures").json()["results"] == []


def test_key__made_without_asking_for_it__opens_no_subject(shop: Shop) -> None:
    usual = Caller(key_for(shop.site, "experiments", "events", "analyses", "items"))

    assert refusal(usual.post("subjects/access", VISITOR))[:2] == (403, "missing_scope")
    assert refusal(usual.post("subjects/erase", VISITOR))[:2] == (403, "missing_scope")
