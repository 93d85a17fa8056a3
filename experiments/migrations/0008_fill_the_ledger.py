"""Enter the events there are into the ledger, and count what waits in the inbox."""

import json
from typing import Any

from django.db import migrations

CHUNK = 5_000


def short_hash(text: str) -> int:
    """Return the first 64 bits of a hash written in hexadecimal, as a signed integer."""
    return int.from_bytes(bytes.fromhex(text[:16].rjust(16, "0")), "big", signed=True)


def fill(apps: Any, _schema_editor: Any) -> None:
    """Enter each event with the first half of the hash that its row held."""
    event, entry = (apps.get_model("experiments", name) for name in ("Event", "LedgerEntry"))
    last = 0
    while rows := list(
        event.objects.filter(pk__gt=last)
        .order_by("pk")
        .values_list("pk", "site_id", "event_id", "body_hash")[:CHUNK]
    ):
        entry.objects.bulk_create(
            entry(site_id=site_id, event_id=event_id, body_hash=short_hash(body_hash))
            for _pk, site_id, event_id, body_hash in rows
        )
        last = rows[-1][0]


def count_waiting(apps: Any, _schema_editor: Any) -> None:
    """Note how many events each waiting batch holds; accepted so far is what waits."""
    batch, tally = (apps.get_model("experiments", name) for name in ("InboxBatch", "Tally"))
    waiting: dict[int, int] = {}
    for row in batch.objects.filter(kind="events").iterator(chunk_size=100):
        row.n_events = len(json.loads(row.doc)["events"])
        row.save(update_fields=["n_events"])
        waiting[row.site_id] = waiting.get(row.site_id, 0) + row.n_events
    for site_id, accepted in waiting.items():
        tally.objects.create(site_id=site_id, slot=1, accepted=accepted)


class Migration(migrations.Migration):
    dependencies = [("experiments", "0007_event_ledger_traffic_units")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(count_waiting, migrations.RunPython.noop),
    ]
