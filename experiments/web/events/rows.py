"""Rows of the tail: what became of an event, in words, a tone and links."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.http import urlencode

from experiments.clock import zone
from experiments.models import ApiKey, Site
from experiments.received import Kind, Received
from experiments.received.fixes import fix_of
from experiments.web.events.places import list_url

TONES = {
    Kind.ACCEPTED: "good",
    Kind.WAITING: "info",
    Kind.DUPLICATE: "idle",
    Kind.QUARANTINED: "bad",
}
TELLING = {"currency_mismatch", "exposure_mismatch", "poison"}
UNITS = ("visitor", "account", "session")


@dataclass(frozen=True, slots=True)
class UnitLink:
    """An id of the unit, and the list of what else it did."""

    type: str
    id: str
    url: str


@dataclass(frozen=True, slots=True)
class TailRow:
    """A row as the table shows it."""

    url: str
    tone: str
    word: str
    name: str
    code: str
    time: str
    day: str
    event_id: str
    units: tuple[UnitLink, ...]
    request_id: str
    request_url: str
    key: str
    reason: str
    field: str
    advice: str
    times: int
    traffic: str


def tail_rows(site: Site, rows: Iterable[Received]) -> list[TailRow]:
    """Return rows as the table shows them; moments are in the site's zone."""
    keys = dict(ApiKey.objects.filter(site=site).values_list("pk", "name"))
    return [_tail_row(site, row, keys) for row in rows]


def _tail_row(site: Site, row: Received, keys: dict[int, str]) -> TailRow:
    is_refused = row.kind == Kind.QUARANTINED
    request_id = str(row.request_id or "")
    return TailRow(
        url=url_of(row),
        tone="idle" if row.replayed_at else TONES[row.kind],
        word="replayed" if row.replayed_at else row.kind.value,
        name=row.type or "event",
        code=row.code,
        time=f"{row.received_at.astimezone(zone(site.timezone)):%H:%M:%S}",
        day=f"{row.received_at.astimezone(zone(site.timezone)):%-d %b}",
        event_id=row.event_id,
        units=units_of(site, row),
        request_id=request_id,
        request_url=list_url(site, request_id=request_id) if request_id else "",
        key=keys.get(row.api_key_id or 0, ""),
        reason=_reason(row) if is_refused else "",
        field=row.field,
        advice="" if row.replayed_at or not is_refused else fix_of(row.code).advice,
        times=row.times,
        traffic=row.traffic,
    )


def _reason(row: Received) -> str:
    """Return the reason in words; what a code alone does not tell is in its detail."""
    return row.detail or row.code if row.code in TELLING else fix_of(row.code).reason


def units_of(site: Site, row: Received) -> tuple[UnitLink, ...]:
    """Return the ids of the event's unit, each with the list of what it did."""
    return tuple(
        UnitLink(each, known, list_url(site, unit=known, unit_type=each))
        for each in UNITS
        if (known := getattr(row, f"{each}_id"))
    )


def url_of(row: Received) -> str:
    """Return the address of the event's own page."""
    ids = [row.id] if row.index is None else [row.id, row.index]
    url = reverse(f"admin:experiments_event_{row.kind.value}", args=ids)
    if row.kind == Kind.ACCEPTED and row.occurred_at:
        return f"{url}?{urlencode({'at': row.occurred_at.date().isoformat()})}"
    return url


def clock_text(moment: datetime | None, site: Site) -> str:
    """Return a moment to the second in the site's zone, a dash for none."""
    if moment is None:
        return "–"
    return f"{moment.astimezone(zone(site.timezone)):%-d %b %Y, %H:%M:%S}"
