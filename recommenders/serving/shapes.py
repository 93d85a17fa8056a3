"""What is asked of serving and what comes back. Made anew for every list, so all are Structs."""

from collections.abc import Mapping
from typing import Any

import msgspec

from experiments.assignment.specs import UnitIds
from experiments.intake.slates import SlateItem

POPULARITY = "popularity"
STATIC = "static"
MERCHANT = "catalogue"
CHAMPION = "champion"

# Why a recommender that raises, or returns what are no scores, gave no list.
FAILED = "recommender_failed"

# Why an item is on a list, as answers tell it.
PINNED = "pinned"
VIEWED = "similar to what you viewed"
POPULAR = "popular"
NEW = "new"
EXPLORED = "explored"


class Wish(msgspec.Struct, frozen=True):
    """What is asked for: whose list, how long, what must not be on it, and where it is shown.

    `now_us`: the time of the request; `seed`: of everything that is left to chance; `country`:
    where items have to be sold, "" if untold; `attributes`: what segments are told by; `viewed`:
    what the page says was looked at, newest first. `may_know`: whether what is known of the unit
    may be read. `is_timed`: whether a visitor waits for it, so that budget and breakers hold. What
    staff look at has neither, and what it takes opens no breaker; nor has a simulated site, which
    is driven as fast as it goes, so that fallbacks would stand in for what is compared.
    """

    site_id: int
    units: UnitIds
    k: int
    excluded: frozenset[str] = frozenset()
    placement: str = ""
    now_us: int = 0
    seed: int = 0
    country: str = ""
    attributes: Mapping[str, Any] = {}
    viewed: tuple[str, ...] = ()
    may_know: bool = True
    is_timed: bool = False

    @property
    def unit_id(self) -> str:
        """Return the id by which training knows the unit."""
        return self.units.visitor_id or self.units.account_id


class Served(msgspec.Struct, frozen=True):
    """A list, where it came from, and why it came from there when not from the variant's own.

    `reasons`: why each item is on it, "" where nothing is to be said; () when that holds for all.
    The list may be shared between requests: nobody changes it.
    """

    recommender: str
    artifact: str
    items: list[SlateItem]
    fallback: str = ""
    reasons: tuple[str, ...] = ()


class Pick(msgspec.Struct, frozen=True):
    """An item chosen for a list; its rank follows from its place."""

    item_id: str
    score: float | None = None
    propensity: float = 1.0
    reason: str = ""


class CannotAnswer(Exception):
    """An artifact that gives this unit no list, and why."""
