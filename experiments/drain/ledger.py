"""The ledger of applied events: an id is entered once for ever, and that decides what is new."""

from collections.abc import Iterator, Mapping, Sequence

from django.db import connection

CHUNK = 500  # ids in one query; SQLite takes 999 parameters

# Sorted, so that two drains with the same ids wait for each other instead of deadlocking. Returned
# is what the unique key refused: repeats are few, and each row that comes back costs time.
ENTER = """
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(string_to_array(%s, ',')::uuid[], string_to_array(%s, ',')::bigint[])
        AS g(event_id, body_hash)
), entered AS (
    INSERT INTO experiments_ledgerentry (site_id, event_id, body_hash)
    SELECT %s, event_id, body_hash FROM given ORDER BY event_id
    ON CONFLICT DO NOTHING
    RETURNING event_id
)
SELECT event_id FROM given WHERE event_id NOT IN (SELECT event_id FROM entered)
"""
KNOWN_ON_POSTGRESQL = """
SELECT event_id, body_hash FROM experiments_ledgerentry
WHERE site_id = %s AND event_id = ANY(string_to_array(%s, ',')::uuid[])
"""
KNOWN_ON_SQLITE = """
SELECT event_id, body_hash FROM experiments_ledgerentry WHERE site_id = %s AND event_id IN ({slots})
"""
INSERT = "INSERT INTO experiments_ledgerentry (site_id, event_id, body_hash) VALUES (%s, %s, %s)"


def enter(site_id: int, entries: Mapping[str, int]) -> dict[str, int]:
    """Enter a site's event ids with their hashes; return those known before, with theirs.

    Ids are in the canonical form of UUIDs. What is not returned is new and stays the caller's
    alone: another drain that holds the same id waits until this transaction ends.
    """
    if not entries:
        return {}
    if connection.vendor == "postgresql":
        return _enter_on_postgresql(site_id, entries)
    return _enter_on_sqlite(site_id, entries)


def _enter_on_postgresql(site_id: int, entries: Mapping[str, int]) -> dict[str, int]:
    ids, hashes = ",".join(entries), ",".join(map(str, entries.values()))
    with connection.cursor() as cursor:
        cursor.execute(ENTER, [ids, hashes, site_id])
        refused = [str(event_id) for (event_id,) in cursor.fetchall()]
        if not refused:
            return {}
        # A statement of its own: only this one sees what another drain committed meanwhile.
        cursor.execute(KNOWN_ON_POSTGRESQL, [site_id, ",".join(refused)])
        return {str(event_id): body_hash for event_id, body_hash in cursor.fetchall()}


def _enter_on_sqlite(site_id: int, entries: Mapping[str, int]) -> dict[str, int]:
    """Look first, then write: nobody else writes meanwhile."""
    by_hex = {event_id.replace("-", ""): event_id for event_id in entries}
    known = {by_hex[held]: body_hash for held, body_hash in _known_on_sqlite(site_id, [*by_hex])}
    new = [
        (site_id, held, entries[event_id])
        for held, event_id in by_hex.items()
        if event_id not in known
    ]
    with connection.cursor() as cursor:
        cursor.executemany(INSERT, new)
    return known


def _known_on_sqlite(site_id: int, ids: Sequence[str]) -> Iterator[tuple[str, int]]:
    with connection.cursor() as cursor:
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            slots = ", ".join(["%s"] * len(chunk))
            cursor.execute(KNOWN_ON_SQLITE.format(slots=slots), [site_id, *chunk])
            yield from cursor.fetchall()
