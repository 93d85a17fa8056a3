"""Each health check in every state it can have, with its fix."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.db import connection
from pytest_django import Settings

from experiments import snapshot
from experiments.health import flow, machine, services
from experiments.health.checks import health_checks, worst
from experiments.health.heartbeats import EVENTS, heartbeat_age_s, leave_heartbeat
from experiments.intake.spool import spool
from experiments.models import InboxBatch, Quarantine, Site, Tally
from experiments.registries import HEALTH_CHECKS, HealthCheck
from tests.factories import a_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> Iterator[list[HealthCheck]]:
    """Let another room add checks."""
    said: list[HealthCheck] = []

    def provide() -> list[HealthCheck]:
        return said

    HEALTH_CHECKS.append(provide)
    yield said
    HEALTH_CHECKS.remove(provide)


def put_batch(site: Site, age_s: float, **fields: object) -> None:
    received_at = datetime.now(UTC) - timedelta(seconds=age_s)
    InboxBatch.objects.create(site=site, kind="events", received_at=received_at, doc="{}", **fields)


def age_heartbeat(settings: Settings, age_s: float) -> None:
    leave_heartbeat(EVENTS)
    then = time.time() - age_s
    os.utime(Path(settings.DATA_DIR) / "heartbeats" / EVENTS, (then, then))


def test_checks__of_a_fresh_installation__have_a_fix_wherever_something_is_wrong() -> None:
    checks = health_checks()

    names = [check.name for check in checks]
    assert len(set(names)) == len(names)
    assert {"database", "cache", "broker", "beat", "reconciliation", "disk"} <= set(names)
    for check in checks:
        assert check.state in ("ok", "degraded", "failed")
        assert check.detail
        assert bool(check.fix) == (check.state != "ok"), check


@pytest.mark.parametrize(
    ("age_s", "state"), [(None, "ok"), (1, "ok"), (20, "degraded"), (61, "failed")]
)
def test_inbox_age__of_the_oldest_batch__decides(age_s: float | None, state: str) -> None:
    if age_s is not None:
        site = a_site()
        put_batch(site, age_s)
        put_batch(site, 0)

    assert flow.inbox_age().state == state


def test_inbox_age__of_a_batch_that_was_given_up__does_not_count() -> None:
    put_batch(a_site(), 3600, attempts=5)

    assert flow.inbox_age().state == "ok"


@pytest.mark.parametrize(("age_s", "state"), [(0, "ok"), (45, "degraded"), (90, "failed")])
def test_worker__seen_some_time_ago__is_in_that_state(
    settings: Settings, age_s: float, state: str
) -> None:
    age_heartbeat(settings, age_s)

    assert services.events_worker().state == state


def test_worker__never_seen__has_failed() -> None:
    assert heartbeat_age_s(EVENTS) is None
    assert services.events_worker().state == "failed"


def test_heartbeat__where_the_disk_refuses__does_not_raise(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    settings.DATA_DIR = tmp_path / "file"

    leave_heartbeat(EVENTS)

    assert heartbeat_age_s(EVENTS) is None


def test_reconciliation__with_a_difference__fails_and_names_no_site() -> None:
    site = a_site()
    assert flow.reconciliation().state == "ok"
    Tally.objects.create(site=site, slot=1, accepted=3)

    check = flow.reconciliation()

    assert check.state == "failed"
    assert check.detail.startswith("3 events missing, 0 too many")
    assert site.slug not in check.detail + check.fix


def test_spool__with_slates__is_degraded_until_it_is_nearly_full(settings: Settings) -> None:
    assert flow.spool().state == "ok"
    spool.append([b"{}"])
    assert flow.spool().state == "degraded"

    settings.SPOOL_BYTES = 1

    assert flow.spool().state == "failed"


def test_quarantine__with_many_more_than_usual__is_degraded() -> None:
    site = a_site()
    now = datetime.now(UTC)

    def refuse(count: int, at: datetime) -> None:
        Quarantine.objects.bulk_create(
            Quarantine(site=site, received_at=at, code="invalid_field", body="{}")
            for _ in range(count)
        )

    refuse(150, now - timedelta(minutes=5))
    assert flow.quarantine().state == "degraded"

    refuse(150 * 24, now - timedelta(hours=5))

    assert flow.quarantine().state == "ok"


def test_configuration__changed_since_it_was_copied__is_behind() -> None:
    assert machine.configuration().state == "degraded"
    snapshot.load()
    assert machine.configuration().state == "ok"

    a_site()

    assert machine.configuration().detail.endswith("behind")


def test_migrations__with_one_not_recorded__fail() -> None:
    assert machine.migrations().state == "ok"
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'axes'")

    check = machine.migrations()

    assert check.state == "failed"
    assert "axes" in check.detail


def test_broker__whose_address_answers_nobody__has_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert services.broker().state == "ok"
    monkeypatch.setattr(
        current_app.conf, "broker_write_url", "redis://127.0.0.1:1/0", raising=False
    )

    assert services.broker().state == "failed"


def test_checks__of_another_room__are_added_and_one_that_raises_has_failed(
    provider: list[HealthCheck],
) -> None:
    provider.append(HealthCheck("artifacts", "ok", "all are there"))

    def broken() -> list[HealthCheck]:
        raise ValueError("no such thing")

    HEALTH_CHECKS.append(broken)
    try:
        checks = {check.name: check for check in health_checks()}
    finally:
        HEALTH_CHECKS.remove(broken)

    assert checks["artifacts"].state == "ok"
    (failed,) = [check for check in checks.values() if "no such thing" in check.detail]
    assert failed.state == worst(list(checks.values())) == "failed"
