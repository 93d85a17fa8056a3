"""Repeats are kept for seven days."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from experiments.models import Duplicate
from experiments.received import pruning
from experiments.received.pruning import prune_duplicates
from tests.factories import a_site

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_repeats__older_than_a_week__are_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 2)
    for site in (a_site("one"), a_site("two")):
        for days in (0, 6, 8, 8, 9):
            Duplicate.objects.create(
                site=site,
                event_id=uuid.uuid4(),
                type="search",
                received_at=NOW - timedelta(days=days),
            )

    assert prune_duplicates(now=NOW) == 6
    assert Duplicate.objects.count() == 4
    assert prune_duplicates(now=NOW) == 0
