"""An installation from before the ledger, brought up to date with what it held."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.checks import ROOT, clean_environment
from tests.flows.an_installation import servers_of_this_run

# Two applied events, and a batch that waits with one of them again, another event under the id of
# the second, and a new one. Hashes are those that the version of then wrote.
UPGRADE = """
import json, hashlib, uuid
from datetime import UTC, datetime
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

LAST = ("experiments", "0006_guard_status_and_record")
for app in ("auth", "contenttypes"):
    call_command("migrate", app, verbosity=0)
call_command("migrate", *LAST, verbosity=0)
old = MigrationExecutor(connection).loader.project_state([LAST]).apps
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)

def body(number, visitor):
    event = {"event_id": str(uuid.UUID(int=number)), "type": "view_item",
        "occurred_at": "2026-11-20T12:00:00Z", "unit": {"visitor_id": visitor}}
    return json.dumps(event, separators=(",", ":"))

site = old.get_model("experiments", "Site").objects.create(slug="shop", name="Shop")
for number in (1, 2):
    digest = hashlib.blake2b(body(number, "v-1").encode(), digest_size=16).hexdigest()
    old.get_model("experiments", "Event").objects.create(
        site=site, event_id=uuid.UUID(int=number), type="view_item", occurred_at=AT,
        ts_us=int(AT.timestamp()) * 1_000_000, day="2026-11-20", received_at=AT,
        visitor_id="v-1", order_ref=str(uuid.UUID(int=number)), body_hash=digest)
waits = ",".join([body(1, "v-1"), body(2, "v-2"), body(3, "v-1")])
old.get_model("experiments", "InboxBatch").objects.create(
    site=site, kind="events", received_at=AT,
    doc='{"trusted":true,"now":"2026-11-20T12:00:00Z","events":[%s]}' % waits)

call_command("migrate", verbosity=0)
from experiments.drain import drain_once
from experiments.health.counts import site_counts
from experiments.models import Event, LedgerEntry

def told():
    (counts,) = site_counts()
    return {"accepted": counts.accepted, "waiting": counts.waiting, "applied": counts.applied,
        "duplicates": counts.duplicates, "quarantined": counts.quarantined,
        "difference": counts.difference, "ledger": LedgerEntry.objects.count(),
        "events": list(Event.objects.order_by("event_id").values_list("visitor_id", flat=True)),
        "keys": Event.objects.values("pk").distinct().count()}

before = told()
drain_once()
after = told()
call_command("migrate", "experiments", "0009", verbosity=0)  # one table again
call_command("migrate", verbosity=0)
print(json.dumps([before, after, told()]))
"""


def upgraded(env: dict[str, str]) -> Any:
    """Return the counts after an upgrade, once what waited is applied, and once split anew."""
    done = subprocess.run(
        [sys.executable, "-c", UPGRADE],
        env={**env, "DJANGO_SETTINGS_MODULE": "config.settings", "ARMATURE_LOG_LEVEL": "ERROR"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=200,
    )
    return json.loads(done.stdout)


def expect_nothing_lost_or_twice(
    before: dict[str, Any], after: dict[str, Any], split_again: dict[str, Any]
) -> None:
    assert split_again == after
    assert before == {
        "accepted": 3, "waiting": 3, "applied": 0, "duplicates": 0, "quarantined": 0,
        "difference": 0, "ledger": 2, "events": ["v-1", "v-1"], "keys": 2,
    }  # fmt: skip
    assert after == {
        "accepted": 3, "waiting": 0, "applied": 1, "duplicates": 1, "quarantined": 1,
        "difference": 0, "ledger": 3, "events": ["v-1", "v-1", "v-1"], "keys": 3,
    }  # fmt: skip


@pytest.mark.slow
def test_upgrade__embedded_from_before_the_ledger__loses_and_repeats_nothing(
    tmp_path: Path,
) -> None:
    expect_nothing_lost_or_twice(*upgraded({**clean_environment(tmp_path), "DATABASE_URL": ""}))


@pytest.mark.flow
@pytest.mark.servers
def test_upgrade__on_postgresql_from_before_the_ledger__loses_and_repeats_nothing(
    tmp_path: Path,
) -> None:
    with servers_of_this_run() as servers:
        expect_nothing_lost_or_twice(*upgraded({**clean_environment(tmp_path), **servers}))
