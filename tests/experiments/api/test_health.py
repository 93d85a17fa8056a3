"""Health for machines: the checks of all, the counts of the key's own site."""

from datetime import UTC, datetime, timedelta

import pytest

from experiments.models import InboxBatch, Tally
from tests.callers import caller_for
from tests.factories import a_site

pytestmark = pytest.mark.django_db


def test_health__of_a_site__has_every_check_and_its_own_counts_alone() -> None:
    here, other = a_site("here"), a_site("elsewhere")
    Tally.objects.create(site=other, slot=1, accepted=700)
    Tally.objects.create(site=here, slot=1, accepted=5, refused=1)
    Tally.objects.create(site=here, slot=0, applied=3)
    received_at = datetime.now(UTC) - timedelta(seconds=12)
    InboxBatch.objects.create(
        site=here, kind="events", received_at=received_at, doc="{}", n_events=2
    )

    answer = caller_for(here, "experiments").get("health")

    assert answer.status_code == 200
    found = answer.json()
    assert found["events"] == {
        "accepted": 5,
        "refused": 1,
        "applied": 3,
        "duplicates": 0,
        "quarantined": 0,
        "dropped": 0,
        "waiting": 2,
        "difference": 0,
    }
    assert 12 <= found["oldest_age_s"] < 60
    assert found["status"] == "failed"
    states = {check["name"]: check["state"] for check in found["checks"]}
    assert states["reconciliation"] == "failed"
    assert states["database"] == "ok"
    assert "elsewhere" not in answer.content.decode()
