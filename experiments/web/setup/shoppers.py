"""For whom a variant's list is shown: a typical shopper of the site, or one that is named."""

from collections import Counter
from dataclasses import dataclass

from experiments.models import Event, Site

NEWEST = 5_000  # events looked at for who is typical
LIGHT = 3  # events at most


@dataclass(frozen=True, slots=True)
class Shopper:
    """Whose list is shown: `slug` in the address, `label` on the page, "" as unit of a new one."""

    slug: str
    label: str
    unit_id: str


NOBODY = Shopper("new", "A new shopper, nothing known", "")


def shoppers_of(site: Site) -> list[Shopper]:
    """Return the typical shoppers: a new one, where there are events a light and a heavy one."""
    units = (
        Event.objects.filter(site=site)
        .order_by("-id")
        .values_list("visitor_id", flat=True)[:NEWEST]
    )
    counts = Counter(unit_id for unit_id in units if unit_id)
    ordered = counts.most_common()
    light = next((each for each in reversed(ordered) if each[1] <= LIGHT), None)
    found = [NOBODY]
    if light:
        found.append(_shopper("light", "A light shopper", light))
    if ordered and ordered[0] != light:
        found.append(_shopper("heavy", "A heavy shopper", ordered[0]))
    return found


def _shopper(slug: str, label: str, counted: tuple[str, int]) -> Shopper:
    unit_id, events = counted
    return Shopper(slug, f"{label}, {events} recent event{'' if events == 1 else 's'}", unit_id)


def shopper_of(site: Site, asked: str) -> Shopper:
    """Return the shopper that an address asks for: a typical one, or a visitor by id."""
    if not asked or asked == NOBODY.slug:
        return NOBODY
    unit_id = asked.replace("\0", "")[:256]
    typical = {shopper.slug: shopper for shopper in shoppers_of(site)}
    return typical.get(asked) or Shopper(unit_id, f"Visitor {unit_id}", unit_id)
