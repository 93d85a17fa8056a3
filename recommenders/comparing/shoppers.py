"""Units of a site to compare lists for: drawn by lot, or as one of a few kinds of shopper."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import log2

import numpy as np

from experiments.models import Event, Site
from recommenders.interactions import EVENT_WEIGHTS
from recommenders.models import Item

MOST_EVENTS = 20_000  # what is looked at is bounded, however much a site has
NEW, LIGHT, HEAVY, ONE_CATEGORY = "new", "light", "heavy", "one-category"
PERSONAS = {
    NEW: "New: a single look",
    LIGHT: "Light: two to five acts",
    HEAVY: "Heavy: among the busiest tenth",
    ONE_CATEGORY: "One category: three acts or more, all in one",
}
BEST_SELLERS = 100


@dataclass(frozen=True)
class Recent:
    """What the newest events of a site tell: each unit's items, newest first."""

    acts: Mapping[str, Sequence[str]]
    categories: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def reach(self) -> Counter[str]:
        """Return how many units each item was touched by."""
        return Counter(item for items in self.acts.values() for item in set(items))

    @cached_property
    def best_sellers(self) -> frozenset[str]:
        """Return the items that most units touched."""
        ranked = sorted(self.reach.items(), key=lambda pair: (-pair[1], pair[0]))
        return frozenset(item for item, _n in ranked[:BEST_SELLERS])

    def novelty(self, items: Sequence[str]) -> float | None:
        """Return the mean of -log2(share of units that touched an item), in bits; None of nothing.

        One unit more than there are has touched every item, so that no share is zero.
        """
        n = len(self.acts) + 1
        if not items:
            return None
        return sum(-log2((self.reach[item] + 1) / n) for item in items) / len(items)

    def sample(self, n: int, seed: int) -> list[str]:
        """Return up to n units, the same for the same seed."""
        units = sorted(self.acts)
        if len(units) <= n:
            return units
        return [units[i] for i in np.random.default_rng(seed).permutation(len(units))[:n]]

    def persona(self, kind: str, draw: int = 0) -> str | None:
        """Return a unit of a kind of PERSONAS, another for another draw; None when none is."""
        found = sorted(unit for unit, items in self.acts.items() if self._is(kind, items))
        return found[draw % len(found)] if found else None

    def _is(self, kind: str, items: Sequence[str]) -> bool:
        if kind == NEW:
            return len(items) == 1
        if kind == LIGHT:
            return 2 <= len(items) <= 5
        if kind == HEAVY:
            return len(items) >= max(self._busy, 2)
        found = {self.categories.get(item, "") for item in items}
        return len(items) >= 3 and len(found) == 1 and "" not in found

    @cached_property
    def _busy(self) -> float:
        return float(np.quantile([len(items) for items in self.acts.values()], 0.9))


def recent_of(site: Site) -> Recent:
    """Return what the newest events of shoppers tell, of at most MOST_EVENTS."""
    rows = Event.objects.filter(site=site, type__in=EVENT_WEIGHTS, traffic="").order_by("-id")
    acts: dict[str, list[str]] = {}
    columns = ("visitor_id", "account_id", "item_id", "items")
    for visitor_id, account_id, item_id, lines in rows.values_list(*columns)[:MOST_EVENTS]:
        if unit := visitor_id or account_id:
            told = [item_id] if item_id else [str(line["item_id"]) for line in lines]
            acts.setdefault(unit, []).extend(told)
    return Recent({unit: items for unit, items in acts.items() if items}, _categories(site))


def _categories(site: Site) -> dict[str, str]:
    return dict(Item.objects.filter(site=site).values_list("item_id", "category"))
