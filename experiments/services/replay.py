"""Replay: what was refused goes in again, as it is or corrected, and counts exactly once."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from django.db import transaction

from experiments.drain.reclaiming import recheck_claim
from experiments.errors import ArmatureError, NotFound
from experiments.intake.accepting import checked_event, rejection_of
from experiments.intake.inbox import Sender, store_events
from experiments.intake.quarantining import event_id_in
from experiments.intake.refusals import Refused
from experiments.intake.requeueing import requeue_batch
from experiments.intake.shapes import EventIn, event_decoder, text_id
from experiments.models import ApiKey, LedgerEntry, Quarantine, Site
from experiments.segment.identity import as_uuid
from experiments.segment.mapping import Source, event_bytes
from experiments.services.audit import record_change
from experiments.snapshot import SiteSpec, current
from experiments.subjects.hashing import is_hashed

# Ages count from this moment, so an event of any age since 1970 may be replayed.
AGELESS = datetime(1970, 1, 1, tzinfo=UTC)
SEGMENT = ("messageId", "anonymousId", "userId")
AT_ONCE = 500  # rows of one bulk replay


class ReplayRefused(ArmatureError):
    """A replay that would be refused again, or would count nothing; `code` says why."""

    code = "cannot_replay"
    status = 409

    def __init__(
        self, message: str, *, code: str = "", field: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, field=field, hint=hint)
        self.code = code or self.code


@dataclass(frozen=True, slots=True)
class Replayed:
    """The row that was replayed, and how many events went in; none when it had been before."""

    row: Quarantine
    n_events: int


@dataclass(frozen=True, slots=True)
class BulkReplay:
    """What became of many rows: how many went in, the others by code, and the last one looked at.

    `last` is None when no row is left behind it.
    """

    replayed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    last: int | None = None


@transaction.atomic
def replay_event(
    *, site_id: int, quarantine_id: int, actor: str, body: str | None = None
) -> Replayed:
    """Put a refused event, or a whole batch, back into the inbox; a second time changes nothing.

    `body`: the event corrected; it is checked as any other, but for its age, and keeps its id,
    unless that was malformed or belongs to an applied event. Raises ReplayRefused with code and
    field, NotFound on another site's row.
    """
    row = _locked(site_id, quarantine_id)
    if row.replayed_at is not None:
        return Replayed(row, 0)
    n_events = _put_back(row, body)
    row.replayed_at, row.replayed_by = datetime.now(UTC), actor[:200]
    row.save(update_fields=["replayed_at", "replayed_by"])
    _record(row, "replay", actor, {"edited": body is not None, "events": n_events})
    return Replayed(row, n_events)


def replay_many(
    *, site_id: int, rows: Iterable[int], actor: str, most: int = AT_ONCE
) -> BulkReplay:
    """Replay rows as they are, each in a transaction of its own; what cannot be stays as it is."""
    replayed, refused, last = 0, Counter[str](), None
    for count, pk in enumerate(rows):
        if count == most:
            return BulkReplay(replayed, refused, last)
        last = pk
        try:
            replay_event(site_id=site_id, quarantine_id=pk, actor=actor)
            replayed += 1
        except ReplayRefused as error:
            refused[error.code] += 1
    return BulkReplay(replayed, refused, None)


@transaction.atomic
def discard_event(*, site_id: int, quarantine_id: int, actor: str, reason: str = "") -> None:
    """Delete a refused event for good; that it was there, and why it went, stays on record."""
    row = _locked(site_id, quarantine_id)
    _record(row, "discard", actor, {"discarded": True}, reason)
    row.delete()


def _locked(site_id: int, quarantine_id: int) -> Quarantine:
    rows = Quarantine.objects.select_for_update(of=("self",)).select_related("site")
    row = rows.filter(site_id=site_id, pk=quarantine_id).first()
    if row is None:
        raise NotFound(f"there is no refused event {quarantine_id}")
    return row


def _record(
    row: Quarantine, action: str, actor: str, after: dict[str, object], reason: str = ""
) -> None:
    """Write the act on record; without the body, whose ids somebody may ask to be forgotten."""
    before = {"code": row.code, "field": row.field, "times": row.times}
    record_change(
        site=row.site,
        subject=f"refused event {row.pk}",
        action=action,
        actor=actor,
        before=before,
        after=after,
        reason=reason,
    )


def _put_back(row: Quarantine, body: str | None) -> int:
    """Put a row's events into the inbox; return how many they are."""
    if row.code == "poison":
        if body is not None:
            raise ReplayRefused("a batch is replayed as it is, since its events were all accepted")
        return requeue_batch(row)
    if body is None and row.is_cut:
        raise ReplayRefused(
            "only the beginning of this event was kept, so it cannot be replayed as it is",
            code="cut_body",
            hint="Write the whole event, or send it again from where it was made.",
        )
    event = _checked(row, row.body if body is None else body)
    if body is None and row.code == "exposure_mismatch" and _is_known(row.site, event.event_id):
        return _claim_again(row, event)
    _check_id(row, event)
    _store(row, event)
    return 1


def _checked(row: Quarantine, body: str) -> EventIn:
    """Return the event of a body; raises ReplayRefused with what is wrong with it."""
    raw = body.encode("utf-8", "surrogatepass")
    try:
        ours = _ours(row, raw)
        return event_decoder.decode(checked_event(ours, site=_spec(row), now=AGELESS))
    except Refused as refusal:
        raise ReplayRefused(refusal.detail, code=refusal.code, field=refusal.field) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        wrong = rejection_of(0, error, raw)
        raise ReplayRefused(wrong.detail, code=wrong.code, field=wrong.field) from None


def _ours(row: Quarantine, raw: bytes) -> bytes:
    """Return the event that a body is; a message by Segment's protocol is translated."""
    try:
        given = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return raw
    if not isinstance(given, dict) or "event_id" in given or not any(map(given.get, SEGMENT)):
        return raw
    source = Source(row.site_id, row.site.currency, row.received_at)
    return event_bytes(raw, source, "" if given.get("type") else "track")


def _spec(row: Quarantine) -> SiteSpec:
    spec = current().sites.get(row.site_id)
    if spec is None:
        raise NotFound(f"the site {row.site} is not known yet; try again in a moment")
    return spec


def _is_known(site: Site, event_id: UUID) -> bool:
    return LedgerEntry.objects.filter(site_id=site.pk, event_id=event_id).exists()


def _check_id(row: Quarantine, event: EventIn) -> None:
    """Raise ReplayRefused unless the id is the event's own, or, where it has none, a free one."""
    own = as_uuid(row.event_id or event_id_in(row.body.encode("utf-8", "surrogatepass")))
    if own is not None and event.event_id != own and not _is_known(row.site, own):
        raise ReplayRefused(
            f"the id of this event is {own} and stays so: it is what a repeat is told by",
            code="id_changed",
            field="event_id",
        )
    if _is_known(row.site, event.event_id):
        raise ReplayRefused(
            f"an event with the id {event.event_id} was applied; a second one would count nothing",
            code="conflict",
            field="event_id",
            hint="If both happened, choose an id of its own for this one; else discard it.",
        )


def _store(row: Quarantine, event: EventIn) -> None:
    sender = Sender(is_trusted=_is_trusted(row), now=_clock(row, event), api_key_id=row.api_key_id)
    raw = msgspec.json.encode(event)
    store_events(row.site_id, [raw], sender, received_at=datetime.now(UTC))


def _is_trusted(row: Quarantine) -> bool:
    """Return whether a secret key sent it; correcting an event proves nothing about its sender."""
    return ApiKey.objects.filter(pk=row.api_key_id or 0, kind=ApiKey.Kind.SECRET).exists()


def _clock(row: Quarantine, event: EventIn) -> datetime:
    """Return the clock that the event came by; a simulated one is not ahead of itself."""
    return max(row.received_at, event.occurred_at) if row.site.is_simulated else row.received_at


def _claim_again(row: Quarantine, event: EventIn) -> int:
    """Check an applied exposure's claim anew; what holds now becomes an exposure at once."""
    if any(map(is_hashed, (text_id(event.unit.visitor_id), text_id(event.unit.account_id)))):
        raise ReplayRefused(
            "a claim is checked by the unit’s own id, and this site keeps only hashes of ids",
            field="unit",
            hint="Let the shop send the exposure again.",
        )
    problem = recheck_claim(row.site, event, received_at=row.received_at, now=_clock(row, event))
    if problem:
        raise ReplayRefused(problem, code="exposure_mismatch", field="properties")
    return 1
