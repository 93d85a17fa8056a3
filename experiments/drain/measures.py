"""What a list is like: how long, how mixed, how well known its items are; worked out once."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from experiments.intake.slates import ServedSlate, SlateItem
from experiments.models import Slate
from experiments.registries import ITEM_POPULARITIES, Popularity

Known = Mapping[tuple[int, str], Popularity]  # by site id and item id


class Likeness(NamedTuple):
    """A list's ordered pairs of items whose categories are known, and those that differ."""

    pairs: int
    unlike: int


def likeness(items: Iterable[SlateItem]) -> Likeness:
    """Return how mixed a list is.

    >>> likeness([SlateItem(i, 1, None, 1.0, c) for i, c in ("ax", "bx", "cy", "dz")])
    Likeness(pairs=12, unlike=10)
    """
    found = Counter(item.category for item in items if item.category)
    n = sum(found.values())
    alike = sum(count * (count - 1) for count in found.values())
    return Likeness(n * (n - 1), n * (n - 1) - alike)


def known_items(served: Sequence[ServedSlate]) -> Known:
    """Return what is known of the popularity of the items on these lists."""
    shown: dict[int, set[str]] = {}
    for slate in served:
        shown.setdefault(slate.site_id, set()).update(item.item_id for item in slate.items)
    return {
        (site_id, item_id): popularity
        for site_id, items in shown.items()
        for popularities in ITEM_POPULARITIES
        for item_id, popularity in popularities(site_id, items).items()
    }


def measured(row: Slate, slate: ServedSlate, known: Known) -> Slate:
    """Return the row of a list with what it is like filled in."""
    found = [
        popularity
        for item in slate.items
        if (popularity := known.get((slate.site_id, item.item_id))) is not None
    ]
    row.n_items = len(slate.items)
    row.pairs, row.unlike_pairs = likeness(slate.items)
    row.n_known = len(found)
    row.n_tail = sum(each.is_tail for each in found)
    row.novelty_mbit = sum(each.novelty_mbit for each in found)
    return row
