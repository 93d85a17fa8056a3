"""One received event as lists show it, whatever became of it."""

from dataclasses import dataclass
from datetime import MAXYEAR, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from experiments.intake.shapes import EventIn, text_id
from experiments.models import Duplicate, Event, InboxBatch, Quarantine
from experiments.subjects.hashing import stored_id


class Kind(StrEnum):
    """What became of an event."""

    ACCEPTED = "accepted"
    WAITING = "waiting"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Received:
    """An event: what became of it, who sent it, about whom, and why it was refused if it was.

    `id`: of the row that holds it; `index`: its place in a batch that waits. "" and None: not known
    or not said.
    """

    kind: Kind
    id: int
    received_at: datetime
    event_id: str
    type: str = ""
    occurred_at: datetime | None = None
    api_key_id: int | None = None
    visitor_id: str = ""
    account_id: str = ""
    session_id: str = ""
    request_id: UUID | None = None
    index: int | None = None
    traffic: str = ""
    code: str = ""
    field: str = ""
    detail: str = ""
    times: int = 1
    replayed_at: datetime | None = None
    replayed_by: str = ""


def of_event(row: Event) -> Received:
    """Return an applied event."""
    return Received(
        Kind.ACCEPTED,
        row.pk,
        row.received_at,
        str(row.event_id),
        type=row.type,
        occurred_at=row.occurred_at,
        api_key_id=row.api_key_id,
        visitor_id=row.visitor_id,
        account_id=row.account_id,
        session_id=row.session_id,
        request_id=row.request_id,
        traffic=row.traffic,
    )


def of_duplicate(row: Duplicate) -> Received:
    """Return a repeat of an applied event."""
    return Received(
        Kind.DUPLICATE,
        row.pk,
        row.received_at,
        str(row.event_id),
        type=row.type,
        api_key_id=row.api_key_id,
        visitor_id=row.visitor_id,
        account_id=row.account_id,
        request_id=row.request_id,
    )


class _Body(Struct):
    type: object = None
    event: object = None
    unit: object = None
    anonymous_id: object = msgspec.field(name="anonymousId", default=None)
    user_id: object = msgspec.field(name="userId", default=None)


class Said(NamedTuple):
    """What a refused body says of itself, unchecked; "" for what it does not say."""

    type: str = ""
    visitor_id: str = ""
    account_id: str = ""


_body = msgspec.json.Decoder(_Body)


def said_in(row: Quarantine) -> Said:
    """Return what kind of event a refused one was to be, and about whom."""
    if row.code == "poison":
        return Said("batch")
    try:
        body = _body.decode(row.body.encode())
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return Said()
    unit = body.unit if isinstance(body.unit, dict) else {}
    return Said(
        _short(body.event or body.type),
        _short(unit.get("visitor_id") or body.anonymous_id),
        _short(unit.get("account_id") or body.user_id),
    )


def _short(value: object) -> str:
    return str(value)[:256] if isinstance(value, str | int) else ""


def of_quarantined(row: Quarantine) -> Received:
    """Return a refused event."""
    said = said_in(row)
    return Received(
        Kind.QUARANTINED,
        row.pk,
        row.received_at,
        row.event_id,
        type=said.type,
        visitor_id=said.visitor_id,
        account_id=said.account_id,
        api_key_id=row.api_key_id,
        code=row.code,
        field=row.field,
        detail=row.detail,
        times=row.times,
        replayed_at=row.replayed_at,
        replayed_by=row.replayed_by,
    )


def of_waiting(
    batch: InboxBatch, index: int, event: EventIn, api_key_id: int | None = None
) -> Received:
    """Return an event that is committed and not applied yet; its ids as they will be stored."""
    site = batch.site
    visitor_id, account_id, session_id = (
        stored_id(text_id(each), site_id=site.pk, hash_ids=site.hash_ids)
        for each in (event.unit.visitor_id, event.unit.account_id, event.session_id)
    )
    return Received(
        Kind.WAITING,
        batch.pk,
        batch.received_at,
        str(event.event_id),
        type=event.type,
        # Of a clock that is that far ahead another zone could not even tell the day.
        occurred_at=event.occurred_at if event.occurred_at.year < MAXYEAR else None,
        api_key_id=api_key_id,
        visitor_id=visitor_id,
        account_id=account_id,
        session_id=session_id,
        request_id=event.request_id,
        index=index,
    )
