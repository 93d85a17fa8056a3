"""A shop of two tastes: half of its visitors want even items, half odd ones, day after day."""

from datetime import timedelta
from uuid import UUID

from experiments.intake.importing import EventRecord, import_events
from experiments.models import Site
from recommenders.models import Recommender
from tests.factories import NOW, a_site, stocked

ITEMS, VISITORS, TOUCHES = 60, 50, 12


def shop_of_tastes() -> Site:
    """Return a stocked site with history, by which taste is worth more than popularity."""
    site = a_site()
    stocked(site, ITEMS)
    import_events(site=site, events=[_touch(v, n) for v in range(VISITORS) for n in range(TOUCHES)])
    return site


def _touch(visitor: int, number: int) -> EventRecord:
    # Sku ids sort as text, so parity is counted in that order: see `tasted`.
    item = tasted(visitor % 2, visitor * 5 + number * 3)
    return EventRecord(
        event_id=UUID(int=1 + 1_000 * visitor + number),
        type="view_item",
        occurred_at=NOW - timedelta(days=TOUCHES - number, minutes=visitor),
        visitor_id=f"v-{visitor:02d}",
        item_id=item,
    )


def tasted(parity: int, number: int) -> str:
    """Return the id of an item of a taste: in the sorted order of ids, at an even or odd place."""
    ids = sorted(f"sku-{index}" for index in range(ITEMS))
    return ids[(2 * number + parity) % ITEMS]


def recommender_of(site: Site, algorithm: str) -> Recommender:
    """Return the site's recommender "tried", of this algorithm from now on."""
    found, _made = Recommender.objects.update_or_create(
        site=site, key="tried", defaults={"algorithm": algorithm}
    )
    return found
