"""Applying event batches: deduplicate for ever, resolve units, check what exposures claim."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from experiments.assignment.specs import UnitIds
from experiments.clock import day_of, microseconds
from experiments.drain import ledger
from experiments.drain.claims import Claim, check_claims, is_claim
from experiments.drain.dropping import Named, without_erased
from experiments.drain.exposures import Sighting
from experiments.drain.quoted import Key, QuotedSlate, quoted_slates
from experiments.intake.accepting import MAX_AHEAD, amount_of
from experiments.intake.shapes import EventIn, encoder, text_id
from experiments.models import Event, InboxBatch, Quarantine, Site
from experiments.subjects.hashing import hashed_units
from experiments.subjects.hiding import hidden_body, with_hashes
from experiments.tokens import token_claim

CLICK = "select_item"

TouchedEvent = tuple[int, str, str, str, str]


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
    body_hash: int

    @property
    def key(self) -> Key:
        """Return what is unique about an event."""
        return self.site.pk, self.event.event_id

    @property
    def is_ahead(self) -> bool:
        """Return whether the sender's clock runs ahead of ours."""
        return self.event.occurred_at > self.now + MAX_AHEAD

    @property
    def moment(self) -> datetime:
        """Return when it happened; of a clock that runs ahead, arrival time is closer."""
        # In UTC: PostgreSQL takes no offset of sixteen hours or more.
        return self.now if self.is_ahead else self.event.occurred_at.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class AppliedEvents:
    """What a pass made of its event batches, and what is still to be done with them.

    `dropped`: how many events of erased units were left out, by site.
    """

    rows: list[Event]
    duplicates: int
    sightings: list[Sighting]
    clicked: list[QuotedSlate]
    unjoined: list[Event]
    dropped: Counter[int] = field(default_factory=Counter)

    @property
    def touched(self) -> frozenset[TouchedEvent]:
        """Return the new events as `Touched` tells of them."""
        return frozenset(map(touched_event, self.rows))


def touched_event(row: Event) -> TouchedEvent:
    """Return an event as `Touched` tells of it."""
    return row.site_id, row.type, row.visitor_id, row.account_id, row.session_id


def apply_events(batches: Sequence[InboxBatch]) -> AppliedEvents:
    """Store the batches' new events; exposures and the joins to slates are left to the caller."""
    arrivals, dropped = without_erased(_arrivals(batches), _sent_by)
    fresh, duplicates = _without_known(arrivals)
    slates = quoted_slates(_quoted_keys(fresh))
    # By key, so that two drains with the same ids wait for each other instead of deadlocking.
    fresh.sort(key=lambda arrival: arrival.key)
    rows = [event_row(arrival, _quoted_slate(arrival, slates)) for arrival in fresh]
    Event.objects.bulk_create(rows, batch_size=2000)
    claims = [
        Claim(
            arrival.site,
            arrival.event,
            _claimed_units(arrival, row),
            arrival.moment,
            arrival.received_at,
        )
        for arrival, row in zip(fresh, rows, strict=True)
        if is_claim(arrival.event)
    ]
    pairs = [(row, slates.get((row.site_id, row.request_id))) for row in rows if row.request_id]
    return AppliedEvents(
        rows,
        duplicates,
        check_claims(claims),
        clicked=[slate for row, slate in pairs if slate and row.type == CLICK],
        unjoined=[row for row, slate in pairs if slate is None],
        dropped=dropped,
    )


def _sent_by(arrival: Arrival) -> Named:
    return arrival.site.pk, sent_ids(arrival.event)


def _claimed_units(arrival: Arrival, row: Event) -> UnitIds:
    """Return the ids that a claim is checked by: where rows hold hashes, those that were sent."""
    return sent_ids(arrival.event) if arrival.site.hash_ids else units_of(row)


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


def hash_of(event: EventIn) -> int:
    """Return a hash of the event's content; the same event in other key order hashes alike."""
    digest = hashlib.blake2b(encoder.encode(event), digest_size=16).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _without_known(arrivals: Sequence[Arrival]) -> tuple[list[Arrival], int]:
    """Return the events not applied yet, first arrival of each id, and the count of repeats."""
    first: dict[Key, Arrival] = {}
    for arrival in arrivals:
        first.setdefault(arrival.key, arrival)
    known = ledger.enter({key: arrival.body_hash for key, arrival in first.items()})
    fresh = [arrival for key, arrival in first.items() if key not in known]
    stored = {key: arrival.body_hash for key, arrival in first.items()} | known
    conflicts = [a for a in arrivals if a.body_hash != stored[a.key]]
    _quarantine_conflicts(conflicts)
    return fresh, len(arrivals) - len(fresh) - len(conflicts)


def _quarantine_conflicts(conflicts: Sequence[Arrival]) -> None:
    Quarantine.objects.bulk_create(
        Quarantine(
            site=arrival.site,
            received_at=arrival.received_at,
            code="conflict",
            field="event_id",
            detail="another event with this id was applied before; the first one counts",
            event_id=str(arrival.event.event_id),
            body=_kept_body(arrival),
        )
        for arrival in conflicts
    )


def _kept_body(arrival: Arrival) -> str:
    body = encoder.encode(arrival.event).decode()
    return hidden_body(body, site_id=arrival.site.pk) if arrival.site.hash_ids else body


def _quoted_keys(arrivals: Sequence[Arrival]) -> set[Key]:
    return {(a.site.pk, a.event.request_id) for a in arrivals if a.event.request_id}


def _quoted_slate(arrival: Arrival, slates: Mapping[Key, QuotedSlate]) -> QuotedSlate | None:
    request_id = arrival.event.request_id
    return slates.get((arrival.site.pk, request_id)) if request_id else None


def units_of(row: Event) -> UnitIds:
    """Return the ids by which an event's unit is known."""
    return UnitIds(row.visitor_id, row.account_id, row.session_id)


def sent_ids(event: EventIn) -> UnitIds:
    """Return the ids that an event brought itself."""
    return UnitIds(
        text_id(event.unit.visitor_id), text_id(event.unit.account_id), text_id(event.session_id)
    )


def _ids_of(arrival: Arrival, slate: QuotedSlate | None) -> UnitIds:
    """Return the event's ids as rows hold them; what it lacks comes from the slate it quotes."""
    own = sent_ids(arrival.event)
    if arrival.site.hash_ids:
        own = hashed_units(arrival.site.pk, own)
    if slate is None:
        return own
    return UnitIds(
        own.visitor_id or slate.visitor_id,
        own.account_id or slate.account_id,
        own.session_id or slate.session_id,
    )


def event_row(arrival: Arrival, slate: QuotedSlate | None) -> Event:
    """Return the row of one event."""
    event, ids = arrival.event, _ids_of(arrival, slate)
    occurred_at = arrival.moment
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
        attributes=_bag(arrival, event.attributes),
        properties=_bag(arrival, _properties(arrival)),
        is_verified=arrival.is_trusted or _is_proved(arrival),
        borrowed=_borrowed(event, ids),
    )


def _borrowed(event: EventIn, ids: UnitIds) -> int:
    """Return which of an event's ids it did not bring itself, as bits of `Event.Borrowed`."""
    own = (event.unit.visitor_id, event.unit.account_id, event.session_id)
    found = (ids.visitor_id, ids.account_id, ids.session_id)
    pairs = zip(Event.Borrowed, own, found, strict=True)
    return sum(bit for bit, sent, known in pairs if known and sent is None)


def _properties(arrival: Arrival) -> dict[str, Any]:
    given = arrival.event.properties
    return {**given, "clock_corrected": True} if arrival.is_ahead else given


def _bag(arrival: Arrival, bag: dict[str, Any]) -> dict[str, Any]:
    """Return attributes or properties as rows hold them."""
    if not arrival.site.hash_ids:
        return bag
    ids = sent_ids(arrival.event)
    return with_hashes(
        bag, site_id=arrival.site.pk, ids=(ids.visitor_id, ids.account_id, ids.session_id)
    )


def _is_proved(arrival: Arrival) -> bool:
    """Return whether a browser's event carries the token of the slate that it quotes."""
    token, request_id = arrival.event.exposure_token, arrival.event.request_id
    if token is None or request_id is None:
        return False
    return token_claim(token) == (arrival.site.pk, request_id)
