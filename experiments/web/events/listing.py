"""The tail: what a site receives, newest first, narrowed by a plain form."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from experiments.access import can, sites_of
from experiments.errors import InvalidInput
from experiments.models import ApiKey, InboxBatch, Site, Tally
from experiments.received import Kind, filters_of, page_of
from experiments.received.filters import UNIT_TYPES
from experiments.received.fixes import FIXES
from experiments.roles import Action
from experiments.web.events.places import kept, list_url, site_of
from experiments.web.events.rows import tail_rows

PER_PAGE = 50
TOTALS = ("accepted", "applied", "duplicates", "quarantined", "refused")


@dataclass(frozen=True, slots=True)
class Tab:
    """A kind of event, as a link that shows it alone."""

    label: str
    url: str
    is_current: bool


def received_page(request: HttpRequest) -> HttpResponse:
    """Show what a site receives; `part=tail` answers the tail alone, for the page's own script."""
    site = site_of(request)
    context: dict[str, Any] = {"title": "Events", "site": site}
    if site is not None:
        context |= _tail(request, site)
    if request.GET.get("part") == "tail":
        return TemplateResponse(request, "experiments/events/_tail.html", context)
    if site is not None:
        context |= _controls(request, site)
    context |= admin.site.each_context(request)
    return TemplateResponse(request, "experiments/events/list.html", context)


def _tail(request: HttpRequest, site: Site) -> dict[str, Any]:
    """Return the rows, or what is wrong with the filters, and the totals beside them."""
    given, cursor = kept(request.GET), request.GET.get("cursor", "")
    found: dict[str, Any] = {"totals": totals_of(site), "is_filtered": bool(given)}
    try:
        page = page_of(site, filters_of(given, site), cursor=cursor, limit=PER_PAGE)
    except InvalidInput as error:
        return {**found, "problem": error}
    older = list_url(site, **given, cursor=page.cursor) if page.cursor else ""
    return {**found, "rows": tail_rows(site, page.rows), "older_url": older, "cursor": cursor}


def totals_of(site: Site) -> dict[str, int]:
    """Return what the site's events came to, ever, and how many wait."""
    sums = Tally.objects.filter(site=site).aggregate(**{name: Sum(name) for name in TOTALS})
    waiting = InboxBatch.objects.filter(site=site).aggregate(events=Sum("n_events"))
    return {
        **{name: value or 0 for name, value in sums.items()},
        "waiting": waiting["events"] or 0,
    }


def _controls(request: HttpRequest, site: Site) -> dict[str, Any]:
    given = kept(request.GET)
    query = {"site": site.slug, **given}
    may_replay = can(request.user, Action.EDIT, site.pk)
    return {
        "sites": sites_of(request.user, Action.VIEW).order_by("name"),
        "keys": ApiKey.objects.filter(site=site).order_by("name"),
        "given": given,
        "unit_types": UNIT_TYPES,
        "codes": sorted(FIXES),
        "tabs": _tabs(site, given),
        "all_url": list_url(site),
        "tail_url": f"?{urlencode({**query, 'part': 'tail'})}",
        "replay_url": f"{reverse('admin:experiments_event_replay')}?{urlencode(query)}"
        if may_replay
        else "",
    }


def _tabs(site: Site, given: dict[str, str]) -> list[Tab]:
    shown = (("All", ""), *((kind.value.capitalize(), kind.value) for kind in Kind))
    now = given.get("kind", "")
    return [
        Tab(label, list_url(site, **{**given, "kind": kind}), kind == now)
        for label, kind in shown
        if kind != Kind.WAITING
    ]
