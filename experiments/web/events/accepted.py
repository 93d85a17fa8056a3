"""The pages of events that were accepted: applied, waiting, or a repeat of an applied one."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from experiments.access import sites_of
from experiments.models import ApiKey, Duplicate, Event, InboxBatch, Site
from experiments.money import money_text
from experiments.received.counting import Counted, counted_for, slate_of
from experiments.received.rows import Received, of_duplicate, of_event, of_waiting
from experiments.received.waiting import document_of
from experiments.roles import Action
from experiments.subjects.hiding import with_hashes
from experiments.web.events.places import list_url, row_of
from experiments.web.events.rows import TONES, clock_text, units_of

AROUND = timedelta(days=2)  # a day begins elsewhere in the site's zone


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of an event, and where it leads."""

    label: str
    value: str
    url: str = ""


def accepted_page(request: HttpRequest, event: int) -> HttpResponse:
    """Show an applied event with the list that it quotes and what it counts for."""
    row = _event(request, event)
    received = of_event(row)
    facts = [
        *facts_of(row.site, received),
        Fact("Item", row.item_id),
        Fact("Rank", str(row.rank or "")),
        Fact("Quantity", "" if row.quantity is None else str(row.quantity)),
        Fact("Value", "" if row.amount is None else money_text(row.amount, row.currency)),
        Fact("Taken back", money_text(row.refunded, row.currency) if row.refunded else ""),
        Fact("Order", row.order_id),
        Fact("Sender proved", "yes" if row.is_verified else "no: no secret key, no token"),
        Fact("Found elsewhere", _borrowed(row)),
        Fact("Traffic", row.get_traffic_display() if row.traffic else "a shopper’s"),
    ]
    bags = {"Items": row.items, "Attributes": row.attributes, "Properties": row.properties}
    ids = (row.visitor_id, row.account_id, row.session_id)
    counted = counted_for(row.site, ids, row.occurred_at, row.traffic)
    return _page(request, row.site, received, facts, bags, counted)


def duplicate_page(request: HttpRequest, duplicate: int) -> HttpResponse:
    """Show a repeat: it counts for nothing, and is kept for seven days."""
    row = row_of(request, Duplicate, duplicate)
    received = of_duplicate(row)
    return _page(request, row.site, received, facts_of(row.site, received), {})


def waiting_page(request: HttpRequest, batch: int, index: int) -> HttpResponse:
    """Show an event that is in the inbox; raises Http404 once it is applied."""
    row: InboxBatch = row_of(request, InboxBatch, batch)
    document = document_of(row)
    if document is None or index >= len(document.events):
        raise Http404("There is no such event in this batch.")
    event = document.events[index]
    received = of_waiting(row, index, event, document.key)
    body = msgspec.to_builtins(event)
    if row.site.hash_ids:
        body = with_hashes(body, site_id=row.site_id)
    return _page(request, row.site, received, facts_of(row.site, received), {"As sent": body})


def _event(request: HttpRequest, pk: int) -> Event:
    """Return an applied event; its day tells PostgreSQL which part of the table holds it."""
    rows = Event.objects.select_related("site").filter(
        pk=pk, site__in=sites_of(request.user, Action.VIEW)
    )
    try:
        at = date.fromisoformat(request.GET.get("at", ""))
        rows = rows.filter(day__gte=str(at - AROUND), day__lte=str(at + AROUND))
    except (ValueError, OverflowError):
        pass
    found = rows.first()
    if found is None:
        raise Http404(f"There is no event {pk} here.")
    return found


def facts_of(site: Site, row: Received) -> list[Fact]:
    """Return what every event says of itself."""
    key = ApiKey.objects.filter(site=site, pk=row.api_key_id or 0).first()
    request_id = str(row.request_id or "")
    return [
        Fact("Event id", row.event_id, list_url(site, event_id=row.event_id)),
        Fact("Received", clock_text(row.received_at, site)),
        Fact("Occurred", clock_text(row.occurred_at, site) if row.occurred_at else ""),
        *(Fact(unit.type.capitalize(), unit.id, unit.url) for unit in units_of(site, row)),
        Fact("Request", request_id, list_url(site, request_id=request_id)),
        Fact("API key", str(key) if key else "not known"),
    ]


def _borrowed(row: Event) -> str:
    bits = [each for each in Event.Borrowed if row.borrowed & each]
    return ", ".join(f"the {each.name.lower()}" for each in bits)


def _page(
    request: HttpRequest,
    site: Site,
    row: Received,
    facts: list[Fact],
    bags: dict[str, Any],
    counted: list[Counted] | None = None,
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": f"Event: {row.type}",
        "site": site,
        "row": row,
        "tone": TONES[row.kind],
        "facts": [fact for fact in facts if fact.value],
        "bags": {name: as_json(bag) for name, bag in bags.items() if bag},
        "slate": slate_of(site, row.request_id),
        "counted": counted,
        "back": list_url(site),
        "same_id": list_url(site, event_id=row.event_id),
    }
    return TemplateResponse(request, "experiments/events/event.html", context)


def as_json(value: Any) -> str:
    """Return a value as indented JSON; a list, such as of items, with each entry in one line."""
    if isinstance(value, list):
        lines = (json.dumps(each, ensure_ascii=False, default=str) for each in value)
        return "[\n  " + ",\n  ".join(lines) + "\n]"
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
