"""The inbox of notices and the webhooks, as people of a site use them."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from experiments.models import Change, Delivery, Notice, Site, Webhook
from experiments.outbox.signatures import secret_of
from experiments.services import create_webhook, raise_notice
from tests.experiments.admin.forms import signed_in
from tests.factories import a_site, member

pytestmark = pytest.mark.django_db

WEBHOOKS = "/admin/experiments/webhook/"
NOTICES = "/admin/experiments/notice/"
PUBLIC = "https://93.184.216.34/hooks/armature"


@pytest.fixture
def site() -> Site:
    return a_site()


@pytest.fixture
def client(site: Site) -> Client:
    return signed_in(member(site, "admin"))


def a_notice(site: Site, onset: str = "x") -> Notice:
    return raise_notice(site=site, kind="test", title=f"About {onset}", onset_key=onset)


def add(client: Client, site: Site, url: str) -> Any:
    return client.post(f"{WEBHOOKS}add/", {"site": site.pk, "name": "Chat", "url": url})


def test_add_webhook__public_address__shows_the_secret_once(site: Site, client: Client) -> None:
    answer = add(client, site, PUBLIC)

    hook = Webhook.objects.get()
    secret = secret_of(hook.nonce, str(settings.SECRET_KEY))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert secret in page
    assert "no-store" in answer.headers["Cache-Control"]
    assert secret not in client.get(f"{WEBHOOKS}{hook.pk}/change/").content.decode()
    assert secret not in client.get(WEBHOOKS).content.decode()
    assert secret not in json.dumps(list(Webhook.objects.values()), default=str)
    change = Change.objects.get(subject="webhook Chat")
    assert (change.action, change.actor, change.after["url"]) == ("create", "sam", PUBLIC)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:8000/", "is not a public address"),
        ("http://[::ffff:10.0.0.1]/", "is not a public address"),
        ("http://2130706433/", "is not a public address"),
        ("http://localhost/", "is not a public address"),
        ("ftp://93.184.216.34/", "is not http or https"),
        ("nonsense", "is not http or https"),
    ],
)
def test_add_webhook__address_that_may_not_be_called__says_why(
    site: Site, client: Client, url: str, reason: str
) -> None:
    answer = add(client, site, url)

    assert answer.status_code == 200
    assert reason in answer.content.decode()
    assert not Webhook.objects.exists()


def test_add_webhook__private_ones_allowed__takes_a_local_one(
    site: Site, client: Client, settings: Settings
) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True

    add(client, site, "http://localhost:8000/hook")

    assert Webhook.objects.get().url == "http://localhost:8000/hook"


def test_change_webhook__switched_off__is_on_record_and_keeps_its_secret(
    site: Site, client: Client
) -> None:
    hook, secret = create_webhook(site=site, name="Chat", url=PUBLIC)
    a_notice(site)

    answer = client.post(
        f"{WEBHOOKS}{hook.pk}/change/", {"name": "Chat room", "url": PUBLIC}, follow=True
    )

    hook.refresh_from_db()
    assert answer.status_code == 200
    assert (hook.name, hook.is_active) == ("Chat room", False)
    assert secret_of(hook.nonce, str(settings.SECRET_KEY)) == secret
    assert Delivery.objects.get().given_up_at is not None
    assert Change.objects.get(action="edit").after["is_active"] is False


def test_delete_webhook__confirmed__is_on_record(site: Site, client: Client) -> None:
    hook, _secret = create_webhook(site=site, name="Chat", url=PUBLIC)
    a_notice(site)

    client.post(f"{WEBHOOKS}{hook.pk}/delete/", {"post": "yes"})

    assert not Webhook.objects.exists()
    assert Change.objects.get(action="delete").before["url"] == PUBLIC


def test_notice__marked_as_seen__keeps_who_saw_it_first(site: Site, client: Client) -> None:
    notice = a_notice(site)

    client.post(f"{NOTICES}{notice.pk}/step/seen/")
    signed_in(member(site, "editor", "bob")).post(f"{NOTICES}{notice.pk}/step/seen/")

    notice.refresh_from_db()
    assert notice.seen_by == "sam"
    assert notice.resolved_at is None


def test_notice__viewer__reads_it_and_cannot_mark_it(site: Site) -> None:
    notice = a_notice(site)
    viewer = signed_in(member(site, "viewer"))

    assert "About x" in viewer.get(NOTICES).content.decode()
    assert viewer.post(f"{NOTICES}{notice.pk}/step/seen/").status_code == 403
    assert viewer.get(WEBHOOKS).status_code == 403
    notice.refresh_from_db()
    assert notice.seen_at is None


@pytest.mark.parametrize(
    ("standing", "shown"),
    [("", {"lasts", "seen", "over"}), ("open", {"lasts", "seen"}), ("over", {"over"})],
)
def test_notices__filtered__are_those(
    site: Site, client: Client, standing: str, shown: set[str]
) -> None:
    for onset in ("lasts", "seen", "over"):
        a_notice(site, onset)
    Notice.objects.filter(onset_key="seen").update(seen_at="2026-11-20T12:00Z")
    Notice.objects.filter(onset_key="over").update(resolved_at="2026-11-20T12:00Z")

    page = client.get(NOTICES, {"standing": standing} if standing else {}).content.decode()

    assert {each for each in ("lasts", "seen", "over") if f"About {each}" in page} == shown


def test_notices__not_seen_yet__leave_out_what_was(site: Site, client: Client) -> None:
    for onset in ("new", "old"):
        a_notice(site, onset)
    Notice.objects.filter(onset_key="old").update(seen_at="2026-11-20T12:00Z")

    page = client.get(NOTICES, {"standing": "unseen"}).content.decode()

    assert "About new" in page
    assert "About old" not in page


def test_notices__of_another_site__do_not_exist(site: Site, client: Client) -> None:
    foreign = a_notice(a_site("other"), "foreign")

    assert "About foreign" not in client.get(NOTICES).content.decode()
    assert client.get(f"{NOTICES}{foreign.pk}/change/").status_code == 404
    assert client.post(f"{NOTICES}{foreign.pk}/step/seen/").status_code in {403, 404}
    foreign.refresh_from_db()
    assert foreign.seen_at is None
