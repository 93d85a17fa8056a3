"""How well known a site's items are, measured from four weeks and looked up for every list."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate
from math import log2

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from analytics.models import ItemPopularity
from analytics.queries import DAY_US
from experiments.models import Event, Site
from experiments.registries import Popularity

DAYS = 28
BEST_SELLERS = 0.8  # of all touches: what the fewest items have that have as many
UNTOUCHED = ""  # the row that stands for every item that nobody touched
BATCH = 5_000


def popularities(site_id: int, items: Collection[str]) -> Mapping[str, Popularity]:
    """Return the popularity of these items; of none where the site's was never measured.

    An item that nobody touched in the four weeks is as surprising as can be.
    """
    rows = ItemPopularity.objects.filter(site_id=site_id, item_id__among=[UNTOUCHED, *items])
    found = {
        item_id: Popularity(novelty_mbit, is_tail)
        for item_id, novelty_mbit, is_tail in rows.values_list("item_id", "novelty_mbit", "is_tail")
    }
    untouched = found.pop(UNTOUCHED, None)
    return found if untouched is None else {item: found.get(item, untouched) for item in items}


@transaction.atomic
def measure_popularity(site: Site) -> int:
    """Measure anew how well known a site's items are; return how many were touched.

    Four weeks up to its newest event. Nothing changes where nobody touched anything.
    """
    events = Event.objects.filter(site=site, traffic="").exclude(item_id="").exclude(visitor_id="")
    newest = events.aggregate(at=Max("ts_us"))["at"]
    if newest is None:
        return 0
    lately = events.filter(ts_us__gt=newest - DAYS * DAY_US)
    n_units = lately.aggregate(n=Count("visitor_id", distinct=True))["n"]
    counts = lately.order_by().values_list("item_id").annotate(n=Count("visitor_id", distinct=True))
    touched = sorted(counts, key=lambda pair: (-pair[1], pair[0]))
    rows = list(_rows(site, touched, n_units))
    ItemPopularity.objects.filter(site=site).delete()
    ItemPopularity.objects.bulk_create(rows, batch_size=BATCH)
    return len(touched)


def _rows(site: Site, touched: Sequence[tuple[str, int]], n_units: int) -> Iterator[ItemPopularity]:
    """Yield a row per item, the best known first, and the one for all others."""
    now, total = timezone.now(), sum(n for _item, n in touched)
    reached = accumulate((n for _item, n in touched), initial=0)
    for (item_id, n), before in zip(touched, reached, strict=False):
        yield ItemPopularity(
            site=site,
            item_id=item_id,
            novelty_mbit=novelty_mbit(n, n_units),
            is_tail=before >= BEST_SELLERS * total,
            measured_at=now,
        )
    yield ItemPopularity(
        site=site,
        item_id=UNTOUCHED,
        novelty_mbit=novelty_mbit(0, n_units),
        is_tail=True,
        measured_at=now,
    )


def novelty_mbit(n: int, n_units: int) -> int:
    """Return −log2 of the share of units that touched an item, in thousandths of a bit.

    One unit more than there are has touched every item, so that no share is zero.

    >>> novelty_mbit(0, 7), novelty_mbit(7, 7)
    (3000, 0)
    """
    return round(-1000 * log2((n + 1) / (n_units + 1)))
