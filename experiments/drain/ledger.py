"""The ledger of applied events: an id is entered once for ever, and that decides what is new."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connection

from experiments.models import LedgerEntry

CHUNK = 500  # ids in one query; SQLite takes 999 parameters
Key = tuple[int, UUID]

# Sorted, so that two drains with the same ids wait for each other instead of deadlocking.
ENTER = """
INSERT INTO experiments_ledgerentry (site_id, event_id, body_hash)
SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::bigint[]) AS e(site_id, event_id, body_hash)
ORDER BY 1, 2
ON CONFLICT DO NOTHING
RETURNING site_id, event_id
"""


def enter(entries: Mapping[Key, int]) -> dict[Key, int]:
    """Enter ids (site, event id) with their hashes; return those known before, with theirs.

    What is not returned is new and stays the caller's alone: another drain that holds the same id
    waits until this transaction ends.
    """
    if not entries:
        return {}
    if connection.vendor == "postgresql":
        return _known(_refused(entries))
    known = _known(list(entries))  # nothing is written beside us on SQLite
    LedgerEntry.objects.bulk_create(
        LedgerEntry(site_id=site_id, event_id=event_id, body_hash=body_hash)
        for (site_id, event_id), body_hash in entries.items()
        if (site_id, event_id) not in known
    )
    return known


def _refused(entries: Mapping[Key, int]) -> list[Key]:
    """Enter ids; return those that the unique key refused."""
    site_ids, event_ids = zip(*entries, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(ENTER, [list(site_ids), list(event_ids), list(entries.values())])
        entered = set(cursor.fetchall())
    return [key for key in entries if key not in entered] if len(entered) < len(entries) else []


def _known(keys: Sequence[Key]) -> dict[Key, int]:
    """Return the hashes of those ids that are in the ledger."""
    by_site: dict[int, list[UUID]] = {}
    for site_id, event_id in keys:
        by_site.setdefault(site_id, []).append(event_id)
    known: dict[Key, int] = {}
    for site_id, event_ids in by_site.items():
        for start in range(0, len(event_ids), CHUNK):
            rows = LedgerEntry.objects.filter(
                site_id=site_id, event_id__in=event_ids[start : start + CHUNK]
            ).values_list("event_id", "body_hash")
            known.update({(site_id, event_id): body_hash for event_id, body_hash in rows})
    return known
