"""Keeping what was refused: the same again within a day is counted on the row that there is."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec
from django.db import connection
from django.db.models import F

from experiments.intake.refusals import NUL
from experiments.models import Quarantine

KEPT_BODY = 4096  # characters kept of a refused event that is no JSON
KEPT_JSON = 65_536  # of one that is: whole, it can be repaired and replayed
SAME_WITHIN = timedelta(days=1)
CHUNK = 500  # digests in one query; SQLite takes 999 parameters


def digest_of(code: str, body: str) -> int:
    """Return 64 bits that tell a refused body with its reason from others."""
    text = f"{code}\n{body}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)


class _Named(msgspec.Struct):
    """What a refused event, ours or Segment's, is told from others by."""

    event_id: object = ""
    message_id: object = msgspec.field(name="messageId", default="")


_named = msgspec.json.Decoder(_Named)


def refused_row(raw: bytes, **fields: Any) -> Quarantine:
    """Return the row, not stored yet, of an event that was refused as it was sent."""
    body, is_cut = cut_body(raw)
    return Quarantine(body=body, is_cut=is_cut, event_id=event_id_in(raw), **fields)


def event_id_in(raw: bytes) -> str:
    """Return what a refused event calls itself, "" when it does not say.

    >>> event_id_in(b'{"event_id": "e-1"}'), event_id_in(b'{"messageId": 7}'), event_id_in(b"[")
    ('e-1', '7', '')
    """
    try:
        named = _named.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    found = named.event_id or named.message_id
    return _storable(str(found))[:64] if isinstance(found, str | int) else ""


def _storable(text: str) -> str:
    """Return a text without what PostgreSQL refuses."""
    return text.replace(NUL, "\N{REPLACEMENT CHARACTER}")


def cut_body(raw: bytes) -> tuple[str, bool]:
    """Return what quarantine keeps of a refused event, and whether that is not the whole.

    >>> cut_body(b"{}"), cut_body(b"x" * 5000)[1]
    (('{}', False), True)
    """
    text = _storable(raw.decode("utf-8", "replace"))
    is_whole = len(text) <= KEPT_BODY or (len(text) <= KEPT_JSON and _is_json(raw))
    return (text, False) if is_whole else (text[:KEPT_BODY], True)


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


def keep_refused(rows: Iterable[Quarantine]) -> int:
    """Keep refused events, inside the caller's transaction; return how many rows are new.

    A storefront that sends the same bad event over and over fills nothing: the row of the last
    day is counted up instead, unless somebody has replayed it since.
    """
    new: dict[tuple[int, int], Quarantine] = {}
    for row in rows:
        row.digest = digest_of(row.code, row.body)
        first = new.setdefault((row.site_id, row.digest), row)
        if first is not row:
            first.times += 1
            first.last_at = row.received_at
    for key in _counted(new):
        del new[key]
    Quarantine.objects.bulk_create(new.values())
    return len(new)


def _counted(rows: dict[tuple[int, int], Quarantine]) -> list[tuple[int, int]]:
    """Count up the rows that are there already; return which of the given ones those are."""
    found = []
    for site_id in sorted({site_id for site_id, _digest in rows}):
        digests = sorted(digest for of, digest in rows if of == site_id)
        for start in range(0, len(digests), CHUNK):
            found += _count_up(rows, site_id, digests[start : start + CHUNK])
    return found


def _count_up(
    rows: dict[tuple[int, int], Quarantine], site_id: int, digests: list[int]
) -> list[tuple[int, int]]:
    since = min(rows[site_id, digest].received_at for digest in digests) - SAME_WITHIN
    # By id, so that two requests with the same events wait for each other instead of deadlocking.
    known = Quarantine.objects.filter(
        site_id=site_id, digest__in=digests, received_at__gt=since, replayed_at=None
    ).order_by("id")
    if connection.features.has_select_for_update:
        known = known.select_for_update()
    found = {(site_id, digest or 0): pk for pk, digest in known.values_list("pk", "digest")}
    for key, pk in found.items():
        again = rows[key]
        last_at = again.last_at or again.received_at
        Quarantine.objects.filter(pk=pk).update(times=F("times") + again.times, last_at=last_at)
    return list(found)
