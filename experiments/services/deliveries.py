"""The outbox of notices: sent at least once, tried again for a day, never in anybody's way."""

import json
import logging
import secrets
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet

from experiments.errors import AddressRefused
from experiments.models import Delivery
from experiments.outbox.addresses import target_of
from experiments.outbox.posting import PostFailed, post
from experiments.outbox.signatures import secret_of, signature_of

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0
# Minutes after each try but the last: eight tries within 24 hours.
WAITS_MIN = (1, 5, 20, 60, 180, 420, 754)
TRIES = len(WAITS_MIN) + 1
JITTER = 0.1  # up to this much sooner, so that what failed together does not come together
RUN_S = 30.0  # a run ends in time for the worker's limit; the next one goes on
MOST_AT_ONCE = 200
_chance = secrets.SystemRandom()


def send_deliveries(*, now: datetime) -> int:
    """Send what is due; return how many notices arrived.

    A webhook that fails is left alone for the rest of the run: one that is down costs one wait,
    not one for each notice. Safe to run side by side.
    """
    until, arrived, failed = time.monotonic() + RUN_S, 0, set[int]()
    for delivery in _due(now)[:MOST_AT_ONCE]:
        if time.monotonic() > until:
            break
        if delivery.webhook_id in failed or not _claim(delivery, now):
            continue
        if _send(delivery, now):
            arrived += 1
        else:
            failed.add(delivery.webhook_id)
    return arrived


def _due(now: datetime) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(
        next_at__lte=now, delivered_at=None, given_up_at=None, webhook__is_active=True
    )
    return rows.select_related("webhook__site", "notice__experiment").order_by("next_at", "id")


def _claim(delivery: Delivery, now: datetime) -> bool:
    """Count the try and set the next one before this one: a killed worker leaves it to the next.

    The number of tries is what two runs collide on. No row stays locked while the network waits.
    """
    tried = delivery.attempts + 1
    claimed = Delivery.objects.filter(
        pk=delivery.pk, attempts=delivery.attempts, next_at__lte=now, delivered_at=None
    ).update(attempts=F("attempts") + 1, next_at=_next_try(tried, now))
    delivery.attempts = tried
    return bool(claimed)


def _next_try(tried: int, now: datetime) -> datetime | None:
    """Return when to try again after so many tries, None after the last."""
    if tried >= TRIES:
        return None
    wait = WAITS_MIN[tried - 1] * _chance.uniform(1 - JITTER, 1)
    return now + timedelta(minutes=wait)


def _send(delivery: Delivery, now: datetime) -> bool:
    status, error = _posted(delivery, now)
    if not error:
        _store(delivery, last_status=status, last_error="", delivered_at=now, next_at=None)
        return True
    is_last = delivery.attempts >= TRIES
    _store(delivery, last_status=status, last_error=error, given_up_at=now if is_last else None)
    log.warning(
        "notice not delivered webhook=%d try=%d error=%s",
        delivery.webhook_id,
        delivery.attempts,
        error,
    )
    return False


def _store(delivery: Delivery, **fields: Any) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(**fields)


def _posted(delivery: Delivery, now: datetime) -> tuple[int | None, str]:
    """Return the status of the answer, if one came, and why the message did not arrive."""
    body = message_of(delivery)
    try:
        target = target_of(delivery.webhook.url, allow_private=settings.WEBHOOKS_ALLOW_PRIVATE)
        status = post(target, body, _headers(delivery, body, now), timeout_s=TIMEOUT_S)
    except (AddressRefused, PostFailed) as error:
        return None, str(error)
    return status, "" if 200 <= status < 300 else f"answered {status}"


def message_of(delivery: Delivery) -> bytes:
    """Return the body: the notice as JSON, the same at every try."""
    notice, experiment = delivery.notice, delivery.notice.experiment
    document = {
        "id": notice.pk,
        "site": delivery.webhook.site.slug,
        "kind": notice.kind,
        "severity": notice.severity,
        "title": notice.title,
        "detail": notice.detail,
        "experiment": experiment.key if experiment else None,
        "at": notice.at.isoformat(),
    }
    return json.dumps(document).encode()


def _headers(delivery: Delivery, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers; while a key is rotated, a signature under each key that is accepted."""
    timestamp = int(now.timestamp())
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    signed = [signature_of(secret_of(delivery.webhook.nonce, key), timestamp, body) for key in keys]
    return {
        "Content-Type": "application/json",
        "User-Agent": f"Armature/{settings.VERSION}",
        "Armature-Delivery": str(delivery.pk),
        "Armature-Timestamp": str(timestamp),
        "Armature-Signature": ",".join(signed),
    }
