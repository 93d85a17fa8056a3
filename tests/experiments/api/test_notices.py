"""Notices and webhooks over the API."""

from typing import Any

import pytest

from experiments.models import Notice, Site, Webhook
from experiments.services import create_webhook, raise_notice, resolve_notice
from tests.callers import Caller, caller_for, problem_of, refusal
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db

URL = "https://93.184.216.34/hook"


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def caller(site: Site) -> Caller:
    return caller_for(site)


def a_notice(site: Site, onset: str = "x", **fields: Any) -> Notice:
    return raise_notice(site=site, kind="test", title=onset, onset_key=onset, **fields)


def titles(caller: Caller, query: str = "") -> list[str]:
    return [each["title"] for each in caller.get(f"notices{query}").json()["results"]]


def test_notices__listed__are_the_sites_newest_first(site: Site, caller: Caller) -> None:
    a_notice(site, "old", experiment=draft_experiment(site))
    a_notice(site, "new")
    a_notice(a_site("other"), "foreign")
    resolve_notice(site=site, onset_key="old")

    assert titles(caller) == ["new", "old"]
    assert titles(caller, "?open=true") == ["new"]
    old = caller.get("notices").json()["results"][1]
    assert (old["experiment"], old["seen_at"]) == ("home-test", None)


@pytest.mark.parametrize("given", ["", "1", "yes", "-1", "null", "%00", "true,true"])
def test_notices__open_as_neither_true_nor_false__are_refused(caller: Caller, given: str) -> None:
    assert refusal(caller.get(f"notices?open={given}")) == (400, "invalid", "open")


def test_notice__seen__keeps_by_whom(site: Site, caller: Caller) -> None:
    notice = a_notice(site)

    answer = caller.post(f"notices/{notice.pk}/seen")

    assert answer.status_code == 200
    assert answer.json()["seen_by"].startswith("key")


def test_notice__of_another_site__is_not_found(caller: Caller) -> None:
    foreign = a_notice(a_site("other"))

    assert problem_of(caller.post(f"notices/{foreign.pk}/seen"))["code"] == "not_found"
    foreign.refresh_from_db()
    assert foreign.seen_at is None


def test_webhook__made__shows_its_secret_once(caller: Caller) -> None:
    answer = caller.post("webhooks", {"name": "chat", "url": URL})

    made = answer.json()
    assert answer.status_code == 201
    assert made["secret"].startswith("whsec_")
    assert answer.headers["Cache-Control"] == "no-store"
    read = caller.get(f"webhooks/{made['id']}").json()
    assert read == {name: value for name, value in made.items() if name != "secret"}
    assert caller.get("webhooks").json()["results"] == [read]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "chat"}, "url"),
        ({"url": URL}, "name"),
        ({"name": "", "url": URL}, "name"),
        ({"name": "a\x00", "url": URL}, "name"),
        ({"name": "n" * 101, "url": URL}, "name"),
        ({"name": "chat", "url": "http://127.0.0.1/"}, "url"),
        ({"name": "chat", "url": "http://[::ffff:169.254.169.254]/"}, "url"),
        ({"name": "chat", "url": "ftp://93.184.216.34/"}, "url"),
        ({"name": "chat", "url": f"https://93.184.216.34/{'a' * 500}"}, "url"),
        ({"name": "chat", "url": 5}, "url"),
    ],
)
def test_webhook__bad_body__is_refused_with_the_field(
    caller: Caller, body: dict[str, Any], field: str
) -> None:
    problem = problem_of(caller.post("webhooks", body))

    assert (problem["status"], problem["field"]) == (400, field)
    assert not Webhook.objects.exists()


def test_webhook__changed_and_deleted__is_so(site: Site, caller: Caller) -> None:
    hook, _secret = create_webhook(site=site, name="chat", url=URL)

    changed = caller.send("PATCH", f"webhooks/{hook.pk}", {"is_active": False})
    refused = caller.send("PATCH", f"webhooks/{hook.pk}", {"url": "http://10.0.0.1/"})
    deleted = caller.send("DELETE", f"webhooks/{hook.pk}")

    assert changed.json()["is_active"] is False
    assert changed.json()["url"] == URL
    assert problem_of(refused)["code"] == "address_refused"
    assert deleted.status_code == 204
    assert not Webhook.objects.exists()


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_webhook__of_another_site__is_not_found(caller: Caller, method: str) -> None:
    foreign, _secret = create_webhook(site=a_site("other"), name="theirs", url=URL)

    answer = caller.send(method, f"webhooks/{foreign.pk}", {"is_active": False})

    assert problem_of(answer)["code"] == "not_found"
    foreign.refresh_from_db()
    assert foreign.is_active
