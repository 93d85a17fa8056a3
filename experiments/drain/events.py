"""Applying event batches: deduplicate for ever, resolve units, join clicks to their slates."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec

from experiments.accepting import MAX_AHEAD, amount_of
from experiments.clock import day_of, microseconds
from experiments.drain.claims import apply_claims, is_claim
from experiments.models import Event, InboxBatch, Quarantine, Site, Slate
from experiments.shapes import EventIn, encoder, text_id
from experiments.tokens import token_claim

CLICK = "select_item"


class EventDocument(msgspec.Struct, frozen=True):
    """What an inbox row of events holds."""

    trusted: bool
    now: datetime
    events: list[EventIn]


_decoder = msgspec.json.Decoder(EventDocument)


@dataclass(frozen=True, slots=True)
class Arrival:
    """One accepted event on its way to its row."""

    site: Site
    event: EventIn
    is_trusted: bool
    now: datetime
    received_at: datetime
    body_hash: str


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids by which an event's unit is known."""

    visitor_id: str
    account_id: str
    session_id: str


def apply_events(batches: Sequence[InboxBatch]) -> tuple[int, int]:
    """Store the batches' new events; return how many were new and how many known already."""
    arrivals = _arrivals(batches)
    fresh, duplicates = _without_known(arrivals)
    store_arrivals(fresh)
    return len(fresh), duplicates


def store_arrivals(fresh: Sequence[Arrival]) -> None:
    """Store events that are new: rows, clicks on slates, and exposure claims."""
    slates = _slates_of(fresh)
    rows = [event_row(arrival, slates.get(arrival.event.request_id)) for arrival in fresh]
    Event.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)
    clicked = [row.request_id for row in rows if row.type == CLICK and row.request_id in slates]
    mark_clicked(clicked)
    apply_claims([arrival for arrival in fresh if is_claim(arrival.event)])


def mark_clicked(request_ids: Iterable[UUID | None]) -> None:
    """Mark slates that at least one click quoted."""
    wanted = sorted({str(request_id) for request_id in request_ids if request_id})
    for start in range(0, len(wanted), 500):
        Slate.objects.filter(request_id__in=wanted[start : start + 500], clicked=0).update(
            clicked=1
        )


def _arrivals(batches: Sequence[InboxBatch]) -> list[Arrival]:
    sites = Site.objects.in_bulk({batch.site_id for batch in batches})
    out = []
    for batch in batches:
        document = _decoder.decode(batch.doc)
        out += [
            Arrival(
                site=sites[batch.site_id],
                event=event,
                is_trusted=document.trusted,
                now=document.now,
                received_at=batch.received_at,
                body_hash=hash_of(event),
            )
            for event in document.events
        ]
    return out


def hash_of(event: EventIn) -> str:
    """Return a hash of the event's content; the same event in other key order hashes alike."""
    return hashlib.blake2b(encoder.encode(event), digest_size=16).hexdigest()


def _without_known(arrivals: Sequence[Arrival]) -> tuple[list[Arrival], int]:
    """Return the events not stored yet, first arrival of each id, and the count of repeats."""
    known = _known_hashes(arrivals)
    fresh: list[Arrival] = []
    conflicts: list[Arrival] = []
    for arrival in arrivals:
        key = (arrival.site.pk, arrival.event.event_id)
        if key not in known:
            known[key] = arrival.body_hash
            fresh.append(arrival)
        elif known[key] != arrival.body_hash:
            conflicts.append(arrival)
    _quarantine_conflicts(conflicts)
    return fresh, len(arrivals) - len(fresh) - len(conflicts)


def _known_hashes(arrivals: Sequence[Arrival]) -> dict[tuple[int, UUID], str]:
    known: dict[tuple[int, UUID], str] = {}
    ids = [arrival.event.event_id for arrival in arrivals]
    sites = {arrival.site.pk for arrival in arrivals}
    for start in range(0, len(ids), 500):
        rows = Event.objects.filter(
            site_id__in=sites, event_id__in=ids[start : start + 500]
        ).values_list("site_id", "event_id", "body_hash")
        known.update({(site, event): body for site, event, body in rows})
    return known


def _quarantine_conflicts(conflicts: Sequence[Arrival]) -> None:
    Quarantine.objects.bulk_create(
        Quarantine(
            site=arrival.site,
            received_at=arrival.received_at,
            code="conflict",
            field="event_id",
            detail="another event with this id was applied before; the first one counts",
            event_id=str(arrival.event.event_id),
            body=encoder.encode(arrival.event).decode(),
        )
        for arrival in conflicts
    )


def _slates_of(arrivals: Sequence[Arrival]) -> dict[UUID | None, Slate]:
    """Return the slates that the events quote, of their own sites."""
    wanted = {
        (arrival.site.pk, arrival.event.request_id)
        for arrival in arrivals
        if arrival.event.request_id
    }
    ids = sorted({str(request_id) for _site, request_id in wanted})
    found: dict[UUID | None, Slate] = {}
    for start in range(0, len(ids), 500):
        for slate in Slate.objects.filter(request_id__in=ids[start : start + 500]).defer("items"):
            if (slate.site_id, slate.request_id) in wanted:
                found[slate.request_id] = slate
    return found


def _ids_of(event: EventIn, slate: Slate | None) -> Ids:
    """Return the event's ids; what it lacks comes from the slate that it quotes."""
    own = Ids(
        text_id(event.unit.visitor_id), text_id(event.unit.account_id), text_id(event.session_id)
    )
    if slate is None:
        return own
    return replace(
        own,
        visitor_id=own.visitor_id or slate.visitor_id,
        account_id=own.account_id or slate.account_id,
        session_id=own.session_id or slate.session_id,
    )


def event_row(arrival: Arrival, slate: Slate | None) -> Event:
    """Return the row of one event."""
    event, ids = arrival.event, _ids_of(arrival.event, slate)
    # A clock that runs ahead would put the event outside every window: arrival time is closer.
    ahead = event.occurred_at > arrival.now + MAX_AHEAD
    occurred_at = arrival.now if ahead else event.occurred_at
    return Event(
        site=arrival.site,
        event_id=event.event_id,
        type=event.type,
        occurred_at=occurred_at,
        ts_us=microseconds(occurred_at),
        day=day_of(occurred_at, arrival.site.timezone),
        received_at=arrival.received_at,
        visitor_id=ids.visitor_id,
        account_id=ids.account_id,
        session_id=ids.session_id,
        request_id=event.request_id,
        item_id=text_id(event.item_id),
        rank=event.rank,
        items=msgspec.to_builtins(event.items),
        quantity=event.quantity,
        amount=amount_of(event),
        currency=arrival.site.currency if amount_of(event) is not None else "",
        order_id=text_id(event.order_id),
        order_ref=text_id(event.order_id) or str(event.event_id),
        attributes=event.attributes,
        properties={**event.properties, "clock_corrected": True} if ahead else event.properties,
        is_verified=arrival.is_trusted or _is_proved(arrival),
        body_hash=arrival.body_hash,
    )


def _is_proved(arrival: Arrival) -> bool:
    """Return whether a browser's event carries the token of the slate that it quotes."""
    token, request_id = arrival.event.exposure_token, arrival.event.request_id
    if token is None or request_id is None:
        return False
    return token_claim(token) == (arrival.site.pk, request_id)
