"""What /readyz and the doctor say."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from experiments.health.heartbeats import BEAT, COMPUTE, EVENTS, TRAINING, leave_heartbeat
from experiments.intake.spool import spool
from experiments.models import InboxBatch, Tally
from experiments.snapshot import load
from tests.factories import a_site

pytestmark = pytest.mark.django_db


def everything_works() -> None:
    load()
    call_command("partitions", stdout=StringIO())
    for name in (BEAT, COMPUTE, EVENTS, TRAINING):
        leave_heartbeat(name)


def doctor(*arguments: str) -> tuple[str, int]:
    """Return what the doctor prints and how it ends."""
    out = StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


def test_ready__with_nothing_waiting__is_ok() -> None:
    answer = Client().get("/readyz").json()

    assert answer["status"] == "ok"
    assert answer["dependencies"] == {"database": "ok", "cache": "ok"}
    assert answer["events"] == {"state": "ok", "oldest_age_s": 0.0, "oldest_received_at": None}
    assert answer["spool"] == {"state": "ok", "files": 0, "bytes": 0, "lost": 0}


def test_ready__with_an_old_batch_and_a_spool__is_degraded_and_still_ready() -> None:
    received_at = datetime.now(UTC) - timedelta(seconds=61)
    InboxBatch.objects.create(site=a_site(), kind="events", received_at=received_at, doc="{}")
    spool.append([b"{}"])

    answer = Client().get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert answer.json()["events"]["state"] == "failed"
    assert answer.json()["events"]["oldest_age_s"] >= 61
    assert answer.json()["events"]["oldest_received_at"] == received_at.isoformat()
    assert answer.json()["spool"]["state"] == "degraded"
    assert answer.json()["spool"]["files"] == 1


def test_doctor__where_everything_works__has_a_line_per_check_and_ends_with_0() -> None:
    a_site()
    everything_works()

    text, code = doctor()

    assert code == 0, text
    assert len(text.splitlines()) == text.count("ok  ")
    assert "reconciliation" in text


def test_doctor__where_something_failed__says_the_fix_and_ends_with_1() -> None:
    site = a_site()
    everything_works()
    Tally.objects.create(site=site, slot=1, accepted=3)

    text, code = doctor()

    assert code == 1
    lines = text.splitlines()
    (at,) = [index for index, line in enumerate(lines) if line.startswith("FAILED")]
    assert "3 events missing" in lines[at]
    assert lines[at + 1].strip().startswith("fix: ")


def test_doctor__asked_for_json__prints_the_same_as_a_document() -> None:
    everything_works()

    text, code = doctor("--json")

    found = json.loads(text)
    assert (found["status"], code) == ("ok", 0)
    assert {"name", "state", "detail", "fix"} == set(found["checks"][0])
