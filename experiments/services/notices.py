"""Notices: told once when something begins, again only after it was over."""

from django.db import transaction
from django.utils import timezone

from experiments.models import Delivery, Experiment, Notice, Site, Webhook

TITLE = 200  # characters of the column


@transaction.atomic
def raise_notice(
    *,
    site: Site,
    kind: str,
    title: str,
    onset_key: str,
    severity: str = Notice.Severity.INFO,
    detail: str = "",
    experiment: Experiment | None = None,
) -> Notice:
    """Return the notice of a condition that has set in, queued for every webhook of its site.

    `onset_key` names the condition, such as `ramp_held:12`. While it lasts the same notice is
    returned, and nothing is sent again.
    """
    notice, is_new = Notice.objects.get_or_create(
        site=site,
        onset_key=onset_key,
        resolved_at=None,
        defaults={
            "kind": kind,
            "title": title[:TITLE],
            "severity": Notice.Severity(severity),
            "detail": detail,
            "experiment": experiment,
            "at": timezone.now(),
        },
    )
    if is_new:
        _queue(notice)
    return notice


def _queue(notice: Notice) -> None:
    """Put the notice in the outbox, in the same transaction: neither exists without the other."""
    hooks = Webhook.objects.filter(site=notice.site_id, is_active=True)
    Delivery.objects.bulk_create(
        Delivery(webhook=hook, notice=notice, next_at=notice.at) for hook in hooks
    )


def resolve_notice(*, site: Site, onset_key: str) -> bool:
    """Note that a condition is over, so that it is told when it sets in again; return if it was."""
    open_ones = Notice.objects.filter(site=site, onset_key=onset_key, resolved_at=None)
    return bool(open_ones.update(resolved_at=timezone.now()))


def see_notice(*, notice: Notice, actor: str) -> Notice:
    """Note who saw a notice first; seen is not resolved."""
    Notice.objects.filter(pk=notice.pk, seen_at=None).update(
        seen_at=timezone.now(), seen_by=actor[:200]
    )
    notice.refresh_from_db()
    return notice
