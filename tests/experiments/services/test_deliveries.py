"""The outbox of notices against a real receiver: signed, tried again, given up at last."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from experiments.models import Delivery, Notice, Site, Webhook
from experiments.services import (
    change_webhook,
    create_webhook,
    raise_notice,
    resolve_notice,
    send_deliveries,
)
from experiments.services.deliveries import TRIES
from tests.experiments.outbox.receiver import Received, Receiver, listening
from tests.factories import a_site, draft_experiment

pytestmark = pytest.mark.django_db
NOBODY = "http://127.0.0.1:9/"  # the discard port: nothing listens there


@pytest.fixture(autouse=True)
def _private_ones_allowed(settings: Settings) -> None:
    settings.WEBHOOKS_ALLOW_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as found:
        yield found


@pytest.fixture
def site() -> Site:
    return a_site()


def a_notice(site: Site, onset: str = "x", **fields: Any) -> Notice:
    return raise_notice(site=site, kind="test", title="Something began", onset_key=onset, **fields)


def soon(**later: float) -> datetime:
    """Return a moment at which what was queued just now is due."""
    return datetime.now(UTC) + timedelta(seconds=1) + timedelta(**later)


def verified(secret: str, request: Received) -> bool:
    """Check a signature as the receiver would, by what the README says alone."""
    message = request.headers["Armature-Timestamp"].encode() + b"." + request.body
    wanted = "v1=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    given = request.headers["Armature-Signature"].split(",")
    return any(hmac.compare_digest(wanted, each) for each in given)


def test_send__notice_of_an_experiment__arrives_signed(site: Site, receiver: Receiver) -> None:
    hook, secret = create_webhook(site=site, name="chat", url=receiver.url)
    notice = a_notice(
        site, severity="alarm", detail="Why.", experiment=draft_experiment(site, "home-test")
    )

    assert send_deliveries(now=soon()) == 1

    [request] = receiver.received
    delivery = Delivery.objects.get()
    assert json.loads(request.body) == {
        "id": notice.pk,
        "site": "shop",
        "kind": "test",
        "severity": "alarm",
        "title": "Something began",
        "detail": "Why.",
        "experiment": "home-test",
        "at": notice.at.isoformat(),
    }
    assert request.headers["Armature-Delivery"] == str(delivery.pk)
    assert verified(secret, request)
    assert not verified(secret, Received(request.path, request.headers, request.body + b" "))
    assert not verified("whsec_other", request)
    assert (delivery.last_status, delivery.attempts, delivery.webhook) == (204, 1, hook)
    assert delivery.delivered_at is not None


def test_send__arrived__is_not_sent_again(site: Site, receiver: Receiver) -> None:
    create_webhook(site=site, name="chat", url=receiver.url)
    a_notice(site)

    send_deliveries(now=soon())
    assert send_deliveries(now=soon(days=2)) == 0

    assert len(receiver.received) == 1


def test_send__secret_key_being_rotated__old_and_new_secret_verify(
    site: Site, receiver: Receiver, settings: Settings
) -> None:
    hook, old_secret = create_webhook(site=site, name="chat", url=receiver.url)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another" * 10
    _other, new_secret = create_webhook(site=site, name="other", url=receiver.url)
    Webhook.objects.filter(name="other").update(nonce=hook.nonce)
    a_notice(site)

    send_deliveries(now=soon())

    assert all(verified(old_secret, request) for request in receiver.received)
    assert len(receiver.received) == 2
    assert new_secret != old_secret


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        ({"status": 500}, 500, "answered 500"),
        ({"status": 404}, 404, "answered 404"),
        ({"status": 301, "headers": {"Location": "http://127.0.0.1/"}}, 301, "answered 301"),
    ],
)
def test_send__refused__is_kept_for_a_later_try(
    site: Site, answer: dict[str, Any], status: int, error: str
) -> None:
    with listening(**answer) as receiver:
        create_webhook(site=site, name="chat", url=receiver.url)
        a_notice(site)
        now = soon()
        assert send_deliveries(now=now) == 0
        assert send_deliveries(now=now + timedelta(seconds=30)) == 0

    delivery = Delivery.objects.get()
    assert len(receiver.received) == 1
    assert (delivery.last_status, delivery.last_error) == (status, error)
    assert delivery.next_at is not None
    assert timedelta(seconds=54) <= delivery.next_at - now <= timedelta(seconds=60)
    assert delivery.delivered_at is None


def test_send__receiver_comes_back__the_notice_arrives_late(site: Site) -> None:
    with listening(status=503) as receiver:
        create_webhook(site=site, name="chat", url=receiver.url)
        a_notice(site)
        send_deliveries(now=soon())
        receiver.status = 200
        assert send_deliveries(now=soon(minutes=1)) == 1

    first, second = receiver.received
    assert first.body == second.body
    assert first.headers["Armature-Delivery"] == second.headers["Armature-Delivery"]
    assert Delivery.objects.get().last_error == ""


def test_send__nobody_listens_for_a_day__is_given_up_after_eight_tries(site: Site) -> None:
    create_webhook(site=site, name="chat", url=NOBODY)
    a_notice(site)
    began = now = soon()

    tried = 0
    while (due := Delivery.objects.get()).next_at is not None:
        now = max(now, due.next_at)
        send_deliveries(now=now)
        tried += 1

    assert tried == TRIES == 8
    assert timedelta(hours=21) < now - began <= timedelta(hours=24)
    assert due.given_up_at == now
    assert due.attempts == 8
    assert "ConnectionRefusedError" in due.last_error
    assert send_deliveries(now=now + timedelta(days=30)) == 0


def test_send__one_webhook_is_down__costs_one_try_and_the_others_get_theirs(
    site: Site, receiver: Receiver
) -> None:
    down, _secret = create_webhook(site=site, name="down", url=NOBODY)
    create_webhook(site=site, name="up", url=receiver.url)
    for onset in "abc":
        a_notice(site, onset)

    assert send_deliveries(now=soon()) == 3

    assert len(receiver.received) == 3
    assert sorted(down.deliveries.values_list("attempts", flat=True)) == [0, 0, 1]


def test_send__another_run_has_claimed_it__leaves_it_alone(site: Site, receiver: Receiver) -> None:
    create_webhook(site=site, name="chat", url=receiver.url)
    a_notice(site)
    now = soon()
    Delivery.objects.update(attempts=1, next_at=now + timedelta(minutes=1))

    assert send_deliveries(now=now) == 0

    assert receiver.received == []


def test_send__address_became_private_since_it_was_saved__is_refused_each_time(
    site: Site, receiver: Receiver, settings: Settings
) -> None:
    create_webhook(site=site, name="chat", url=receiver.url)
    a_notice(site)
    settings.WEBHOOKS_ALLOW_PRIVATE = False

    assert send_deliveries(now=soon()) == 0

    assert receiver.received == []
    assert "is not a public address" in Delivery.objects.get().last_error


def test_switch_off__drops_what_waits_and_sends_nothing_when_on_again(
    site: Site, receiver: Receiver
) -> None:
    hook, _secret = create_webhook(site=site, name="chat", url=receiver.url)
    a_notice(site)

    change_webhook(webhook=hook, actor="pia", is_active=False)
    a_notice(site, "while off")
    change_webhook(webhook=hook, actor="pia", is_active=True)
    a_notice(site, "on again")

    assert send_deliveries(now=soon()) == 1
    assert Delivery.objects.get(given_up_at__isnull=False).last_error == (
        "the webhook was switched off"
    )


def test_raise__while_it_lasts__queues_once_and_again_after_it_was_over(
    site: Site, receiver: Receiver
) -> None:
    create_webhook(site=site, name="chat", url=receiver.url)

    first, again = a_notice(site), a_notice(site)
    resolve_notice(site=site, onset_key="x")
    later = a_notice(site)

    assert first.pk == again.pk != later.pk
    assert send_deliveries(now=soon()) == 2
