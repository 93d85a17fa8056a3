"""What still comes for a site that was deleted holds nothing up."""

import pytest

from experiments.drain import drain_once
from experiments.models import Event, InboxBatch, Quarantine, Site, Slate
from tests.experiments.drain.waiting import a_slate, an_event, put_events, put_slates
from tests.factories import a_site

pytestmark = pytest.mark.django_db(transaction=True)


def test_drain__batches_of_a_deleted_site__are_dropped_and_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    doomed, other = Site.objects.create(slug="doomed", name="Doomed"), a_site("other")
    pk = doomed.pk
    put_events(other, an_event())
    put_slates(a_slate(other))
    doomed.delete()
    waiting = InboxBatch.objects.values_list("kind", "doc", "n_events", "received_at")
    InboxBatch.objects.bulk_create(
        InboxBatch(site_id=pk, kind=kind, doc=doc, n_events=count, received_at=at)
        for kind, doc, count, at in waiting
    )

    drain_once()

    assert "batches dropped, their sites are gone count=2 events=1" in caplog.text
    assert not InboxBatch.objects.exists()
    assert not Quarantine.objects.exists()
    assert (Event.objects.get().site, Slate.objects.get().site) == (other, other)
