"""Joining events with the slates that they quote, whichever of the two was applied first."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection

from experiments.models import Event, Slate

CLICK = "select_item"
CHUNK = 500  # ids in one query; SQLite takes 999 parameters

# What an event lacks of its unit comes from the slate that it quotes.
LACKING = """
SELECT e.id, s.visitor_id, s.account_id, s.session_id, e.visitor_id, e.account_id, e.session_id
FROM experiments_event e
JOIN experiments_slate s ON s.site_id = e.site_id AND s.request_id = e.request_id
WHERE e.request_id IN ({slots}) AND (
    (e.visitor_id = '' AND s.visitor_id <> '') OR (e.account_id = '' AND s.account_id <> '')
    OR (e.session_id = '' AND s.session_id <> ''))
ORDER BY e.id
"""

Key = tuple[int, UUID]


def join_requests(keys: Iterable[Key]) -> None:
    """Mark the clicked among these slates (site, request id) and complete the events' ids.

    The caller holds the tail lock: two drains side by side, one with a slate and one with its
    click, would each miss what the other has not committed.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return
    for start in range(0, len(wanted), CHUNK):
        request_ids = [request_id for _site, request_id in wanted[start : start + CHUNK]]
        _mark_clicked(request_ids)
        _complete_ids(request_ids)


def _mark_clicked(request_ids: Sequence[UUID]) -> None:
    """Mark slates that a click of their own site quotes.

    Two queries: as one with EXISTS, SQLite looks for each slate's click among all events of the
    site instead of by its request id.
    """
    clicks = Event.objects.filter(request_id__in=request_ids, type=CLICK)
    by_site: dict[int, list[UUID]] = {}
    for site_id, request_id in clicks.values_list("site_id", "request_id").distinct():
        if request_id is not None:
            by_site.setdefault(site_id, []).append(request_id)
    for site_id, clicked in sorted(by_site.items()):
        Slate.objects.filter(site_id=site_id, request_id__in=clicked, clicked=0).update(clicked=1)


def _complete_ids(request_ids: Sequence[UUID]) -> None:
    slots = ", ".join(["%s"] * len(request_ids))
    native = connection.features.has_native_uuid_field
    values = [request_id if native else request_id.hex for request_id in request_ids]
    with connection.cursor() as cursor:
        cursor.execute(LACKING.format(slots=slots), values)
        rows = cursor.fetchall()
    for pk, *ids in rows:
        visitor_id, account_id, session_id = (
            own or quoted for quoted, own in zip(ids[:3], ids[3:], strict=True)
        )
        Event.objects.filter(pk=pk).update(
            visitor_id=visitor_id, account_id=account_id, session_id=session_id
        )
