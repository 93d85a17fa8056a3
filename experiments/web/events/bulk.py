"""Replaying all refused events that match a filter: asked first, with their number."""

from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from experiments.access import can
from experiments.admin.base import actor_of
from experiments.errors import InvalidInput
from experiments.intake.hints import hint
from experiments.models import Quarantine, Site
from experiments.received import filters_of
from experiments.received.fixes import fix_of
from experiments.received.tables import quarantined
from experiments.roles import Action
from experiments.services.replay import AT_ONCE, BulkReplay, replay_many
from experiments.tasks import send_drain_hint
from experiments.web.events.places import kept, list_url, site_of

MOST_COUNTED = 10_000


def replay_page(request: HttpRequest) -> HttpResponse:
    """Ask whether all that match are to be replayed as they are, or do it, 500 at a time."""
    site = site_of(request)
    if site is None or not can(request.user, Action.EDIT, site.pk):
        raise PermissionDenied
    given = kept(request.GET)
    try:
        rows = _open_rows(site, given)
    except InvalidInput as error:
        messages.error(request, str(error))
        return redirect(list_url(site))
    if request.method == "POST":
        return _replay(request, site, given, rows)
    return TemplateResponse(
        request, "experiments/events/replay.html", _context(request, site, given, rows)
    )


def _open_rows(site: Site, given: dict[str, str]) -> QuerySet[Quarantine]:
    return quarantined(site, filters_of(given, site)).filter(replayed_at=None).order_by("pk")


def _replay(
    request: HttpRequest, site: Site, given: dict[str, str], rows: QuerySet[Quarantine]
) -> HttpResponse:
    """Replay the next rows; those that cannot be are passed over, and counted by their code."""
    after = request.POST.get("after", "")
    if after.isascii() and after.isdecimal() and len(after) <= 18:
        rows = rows.filter(pk__gt=int(after))
    chosen = list(rows.values_list("pk", flat=True)[: AT_ONCE + 1])
    done = replay_many(site_id=site.pk, rows=chosen, actor=actor_of(request))
    hint(send_drain_hint)
    say = messages.success if done.replayed else messages.warning
    say(request, said_of(done))
    if done.last is None:
        return redirect(list_url(site, **{**given, "kind": "quarantined"}))
    context = _context(request, site, given, rows.filter(pk__gt=done.last))
    return TemplateResponse(
        request, "experiments/events/replay.html", {**context, "after": done.last}
    )


def said_of(done: BulkReplay) -> str:
    """Return the sentence that says what became of many.

    >>> from collections import Counter
    >>> said_of(BulkReplay(3, Counter({"conflict": 2})))
    '3 were accepted; not replayed: 2 conflict.'
    >>> said_of(BulkReplay(0, Counter({"conflict": 2})))
    'None was accepted; not replayed: 2 conflict.'
    """
    left = ", ".join(f"{count} {code}" for code, count in done.refused.most_common())
    verb = "was" if done.replayed <= 1 else "were"
    return f"{done.replayed or 'None'} {verb} accepted" + (
        f"; not replayed: {left}." if left else "."
    )


def _context(
    request: HttpRequest, site: Site, given: dict[str, str], rows: QuerySet[Quarantine]
) -> dict[str, Any]:
    codes = Counter(rows.values_list("code", flat=True)[: MOST_COUNTED + 1])
    counted = codes.total()
    return {
        **admin.site.each_context(request),
        "title": "Replay what was refused",
        "site": site,
        "given": given,
        "count": min(counted, MOST_COUNTED),
        "is_more": counted > MOST_COUNTED,
        "at_once": AT_ONCE,
        "codes": [(code, count, fix_of(code)) for code, count in codes.most_common()],
        "back": list_url(site, **given),
    }
