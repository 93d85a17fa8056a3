"""Accepting events: each is checked alone, the good ones are committed in one row, the bad kept."""

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from experiments.intake.inbox import Sender, store_events
from experiments.intake.quarantining import keep_refused, refused_row
from experiments.intake.refusals import (
    MAX_DEPTH,
    NUL_ESCAPE,
    Refused,
    check_free_form,
    explain,
    refuse_bad_text,
)
from experiments.intake.shapes import MAX_AMOUNT, EventIn, Line, encoder, event_decoder
from experiments.snapshot import SiteSpec
from experiments.subjects.refusals import keepable

MAX_AGE = timedelta(days=7)
MAX_AHEAD = timedelta(minutes=5)
NEEDS_VALUE = frozenset({"purchase", "refund"})


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one event of a batch was refused."""

    index: int
    code: str
    field: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: how many were accepted, and why the others were not."""

    accepted: int
    rejected: tuple[Rejection, ...]


def accept_events(
    *,
    site: SiteSpec,
    events: Sequence[msgspec.Raw],
    is_trusted: bool,
    now: datetime,
    received_at: datetime,
    api_key_id: int | None = None,
    traffic: str = "",
    skew: timedelta = timedelta(),
    translate: Callable[[bytes], bytes] = bytes,
) -> Receipt:
    """Commit the good events of a batch to the inbox and the bad ones to quarantine.

    `now` is the clock that ages count from (simulated sites have their own); `is_trusted` says
    that a secret key sent the batch, `api_key_id` which one; `traffic` is its kind, `skew` how far
    the sender's clock runs ahead. `translate` turns what another protocol sends into an event of
    ours, or raises what is wrong with it; quarantine keeps what was sent. When this returns,
    everything is committed, and counted.
    """
    good: list[bytes] = []
    rejected: list[Rejection] = []
    for index, raw in enumerate(events):
        try:
            good.append(checked_event(translate(bytes(raw)), site=site, now=now + skew))
        except Refused as refusal:
            rejected.append(Rejection(index, refusal.code, refusal.field, refusal.detail))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            rejected.append(rejection_of(index, error, bytes(raw)))
    sender = Sender(is_trusted, now, api_key_id, traffic, skew)
    # What is one statement needs no transaction around it, which would be two more round trips.
    with transaction.atomic() if rejected else nullcontext():
        store_events(site.id, good, sender, received_at=received_at, refused=len(rejected))
        quarantine(site, events, rejected, received_at, api_key_id)
    return Receipt(accepted=len(good), rejected=tuple(rejected))


def checked_event(raw: bytes, *, site: SiteSpec, now: datetime) -> bytes:
    """Return an event as the inbox keeps it; raises what is wrong with it.

    It is encoded anew: what a client sends beside our fields was never looked at, could break the
    whole batch when it is applied, and so is left out.
    """
    event = event_decoder.decode(raw)
    if NUL_ESCAPE in raw:
        refuse_bad_text(event)
    check_event(event, site=site, now=now)
    return encoder.encode(event)


def quarantine(
    site: SiteSpec,
    events: Sequence[msgspec.Raw],
    rejected: Sequence[Rejection],
    received_at: datetime,
    api_key_id: int | None,
) -> None:
    """Keep refused events with their reasons, but nothing of erased units."""
    rows = (
        refused_row(
            bytes(events[rejection.index]),
            site_id=site.id,
            received_at=received_at,
            code=rejection.code,
            field=(rejection.field or "")[:100],
            detail=rejection.detail,
            index=rejection.index,
            api_key_id=api_key_id,
        )
        for rejection in rejected
    )
    keep_refused(keepable(rows, site))


def check_event(event: EventIn, *, site: SiteSpec, now: datetime) -> None:
    """Raise what is wrong with a well-shaped event in this site at this time."""
    if event.value is not None and event.value.currency != site.currency:
        raise Refused(
            "currency_mismatch",
            "value.currency",
            f"this site counts in {site.currency}; {event.value.currency} was given",
        )
    if event.type in NEEDS_VALUE and amount_of(event) is None:
        raise Refused("missing_value", "value", f"a {event.type} needs a value or priced items")
    if (amount_of(event) or 0) > MAX_AMOUNT:
        raise Refused("out_of_range", "items", f"the items sum to more than {MAX_AMOUNT}")
    if event.occurred_at < now - MAX_AGE:
        raise Refused("too_old", "occurred_at", "the event is older than 7 days")
    for name, bag in (("attributes", event.attributes), ("properties", event.properties)):
        check_free_form(name, bag)


def amount_of(event: EventIn) -> int | None:
    """Return the event's amount in minor units: its value, else the sum of its priced items."""
    if event.value is not None:
        return event.value.amount
    return sum_of(event.items)


def sum_of(lines: Sequence[Line]) -> int | None:
    """Return what items cost together in minor units, None without any or with an unpriced one."""
    if lines and all(line.price is not None for line in lines):
        return sum((line.price or 0) * line.quantity for line in lines)
    return None


def rejection_of(index: int, error: Exception, raw: bytes = b"") -> Rejection:
    """Return the rejection that a decoding error of one event amounts to."""
    if isinstance(error, RecursionError):
        return Rejection(index, "too_deep", None, f"nested deeper than {MAX_DEPTH} levels")
    if not isinstance(error, msgspec.ValidationError):
        if refusal := _bad_text_of(raw):
            return Rejection(index, refusal.code, refusal.field, refusal.detail)
        return Rejection(index, "invalid_json", None, f"not a valid event: {error}"[:300])
    field, detail = explain(error)
    return Rejection(index, _code_of(field or "", detail), field, detail)


def _bad_text_of(raw: bytes) -> Refused | None:
    """Return what is wrong with the texts of an event that the strict decoder cannot read."""
    try:
        # Octets that are no UTF-8 become halves of characters, which have a place.
        refuse_bad_text(json.loads(raw.decode("utf-8", "surrogateescape")))
    except Refused as refusal:
        return refusal
    except (ValueError, RecursionError):
        pass
    return None


def _code_of(field: str, detail: str) -> str:
    if "missing required" in detail:
        return "missing_field"
    if "of length" in detail:
        return "invalid_length"
    if "`int` >= 0" in detail and field.rsplit(".", 1)[-1] in {"amount", "price"}:
        return "negative_amount"
    if "`int` >=" in detail or "`int` <=" in detail or "out of range" in detail:
        return "out_of_range"
    return "invalid_field"
