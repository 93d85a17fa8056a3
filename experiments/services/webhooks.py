"""Webhooks: addresses outside that get a site's notices, each with a signature they can check."""

import secrets
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from experiments.models import Site, Webhook
from experiments.outbox.addresses import target_of
from experiments.outbox.signatures import secret_of
from experiments.services.audit import record_change
from experiments.services.storable import require_storable


@transaction.atomic
def create_webhook(*, site: Site, name: str, url: str, actor: str = "") -> tuple[Webhook, str]:
    """Return a new webhook and its secret, which cannot be shown again: it is stored nowhere.

    Raises AddressRefused when the address may not be called.
    """
    hook = Webhook(site=site, name=name, url=url, nonce=secrets.token_hex(32))
    _check(hook)
    hook.save()
    _record(hook, "create", actor, {}, _facts(hook))
    return hook, secret_of(hook.nonce, settings.SECRET_KEY)


@transaction.atomic
def change_webhook(*, webhook: Webhook, actor: str, **changes: Any) -> Webhook:
    """Change a webhook's name, address or whether it is active; its secret stays.

    Raises AddressRefused when the new address may not be called.
    """
    hook = Webhook.objects.select_for_update(of=("self",)).select_related("site").get(pk=webhook.pk)
    before = _facts(hook)
    for field in ("name", "url", "is_active"):
        setattr(hook, field, changes.get(field, getattr(hook, field)))
    _check(hook)
    hook.save(update_fields=["name", "url", "is_active"])
    if not hook.is_active:
        _drop_waiting(hook)
    _record(hook, "edit", actor, before, _facts(hook))
    return hook


@transaction.atomic
def delete_webhook(*, webhook: Webhook, actor: str) -> None:
    """Delete a webhook with what waits for it; its secret is worthless from then on."""
    _record(webhook, "delete", actor, _facts(webhook), {})
    webhook.delete()


def _drop_waiting(hook: Webhook) -> None:
    """Give up what waits: switched on again weeks later, it must not send old alarms."""
    hook.deliveries.filter(delivered_at=None, given_up_at=None).update(
        next_at=None, given_up_at=timezone.now(), last_error="the webhook was switched off"
    )


def _check(hook: Webhook) -> None:
    require_storable([hook.name, hook.url], field="name")
    target_of(hook.url, allow_private=settings.WEBHOOKS_ALLOW_PRIVATE)
    hook.full_clean(exclude=["url"])  # the check above knows more of addresses, such as localhost


def _facts(hook: Webhook) -> dict[str, Any]:
    return {"name": hook.name, "url": hook.url, "is_active": hook.is_active}


def _record(
    hook: Webhook, action: str, actor: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    record_change(
        site=hook.site,
        subject=f"webhook {hook.name}",
        action=action,
        actor=actor,
        before=before,
        after=after,
    )
