"""What came for a site that was deleted meanwhile: there is nobody left to tell."""

import logging
from collections.abc import Sequence

from experiments.models import InboxBatch, Site

log = logging.getLogger(__name__)


def without_gone(batches: Sequence[InboxBatch]) -> list[InboxBatch]:
    """Return the batches of sites that exist; delete the others, which the log counts."""
    wanted = {batch.site_id for batch in batches}
    there = set(Site.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if gone := [batch for batch in batches if batch.site_id not in there]:
        InboxBatch.objects.filter(pk__in=[batch.pk for batch in gone]).delete()
        lost = len(gone), sum(batch.n_events for batch in gone)
        log.error("batches dropped, their sites are gone count=%d events=%d", *lost)
    return [batch for batch in batches if batch.site_id in there]
