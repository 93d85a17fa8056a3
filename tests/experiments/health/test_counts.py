"""The two sides of what was accepted, read at one moment."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from experiments.drain import drain_once
from experiments.health.counts import site_counts, waiting_events
from experiments.models import InboxBatch, Site, Tally
from tests.callers import an_event, caller_for
from tests.factories import a_site

pytestmark = pytest.mark.django_db


def put_batch(site: Site, n_events: int) -> InboxBatch:
    return InboxBatch.objects.create(
        site=site, kind="events", received_at=datetime.now(UTC), doc="{}", n_events=n_events
    )


def test_counts__of_several_slots_and_batches__are_their_sums() -> None:
    site = a_site()
    Tally.objects.create(site=site, slot=0, applied=5, duplicates=2, quarantined=1, dropped=1)
    Tally.objects.create(site=site, slot=1, accepted=9, refused=3)
    Tally.objects.create(site=site, slot=2, accepted=7)
    put_batch(site, 4)
    put_batch(site, 3)

    (counts,) = site_counts()

    assert (counts.accepted, counts.refused, counts.waiting) == (16, 3, 7)
    assert (counts.accounted, counts.difference) == (16, 0)
    assert waiting_events() == 7


def test_counts__of_a_batch_that_was_deleted__miss_its_events() -> None:
    site = a_site()
    Tally.objects.create(site=site, slot=1, accepted=4)
    put_batch(site, 4).delete()

    (counts,) = site_counts()

    assert counts.difference == 4


def test_counts__of_several_sites__are_one_statement_and_kept_apart() -> None:
    here, there = a_site("here"), a_site("there")
    Tally.objects.create(site=there, slot=1, accepted=4)
    put_batch(there, 4)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        counts = {each.slug: each for each in site_counts()}

    assert len(queries) == 1
    assert (counts[here.slug].accepted, counts[here.slug].difference) == (0, 0)
    assert (counts[there.slug].accepted, counts[there.slug].difference) == (4, 0)
    assert [each.slug for each in site_counts(Site.objects.filter(pk=here.pk))] == [here.slug]


def test_counts__before_and_after_a_pass__agree() -> None:
    site = a_site()
    caller = caller_for(site)
    twice = an_event()
    answer = caller.post("events", {"events": [twice, an_event(), an_event("purchase")]})
    caller.post("events", {"events": [twice]})

    (waiting,) = site_counts()
    drain_once()
    (applied,) = site_counts()

    assert answer.json()["accepted"] == 2
    assert (waiting.accepted, waiting.waiting, waiting.refused) == (3, 3, 1)
    assert (applied.applied, applied.duplicates, applied.waiting) == (2, 1, 0)
    assert waiting.difference == applied.difference == 0
