"""What one placement may show now: the shelf under the rules in force, kept between requests."""

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from recommenders.errors import SettingsError
from recommenders.loaded import Loaded
from recommenders.models import MerchandisingRule
from recommenders.reranking.settings import PLAIN, Rerank, checked_rerank
from recommenders.rules import NO_RULES, RuleSpec, SiteRules
from recommenders.serving.kept import Kept
from recommenders.serving.shapes import Wish
from recommenders.state import ServingState, Shelf

if TYPE_CHECKING:
    from recommenders.serving.view import View

log = logging.getLogger(__name__)

EMPTY_SHELF = Shelf(version=0, items={})
MOST_OFFERS = 64  # of all sites, placements and variants of a process
MOST_VIEWS = 8  # artifacts under one offer
MOST_NEW = 500
Kind = MerchandisingRule.Kind
Target = MerchandisingRule.Target


class Offer:
    """The items of a shelf that may be shown, and what the rules do to them.

    `hidden`: item ids of the shelf that may not be shown; `pins`: item ids by rank; `boosts`:
    factors by item id; `buried`: item ids; `newest`: (when it was added, item id), newest first.
    """

    def __init__(
        self, shelf: Shelf, rules: SiteRules, rerank: Rerank, rows: list[RuleSpec], country: str
    ) -> None:
        self.shelf, self.rules, self.rerank = shelf, rules, rerank
        self.hidden = _hidden(shelf, rerank, rows, country)
        self.pins = {
            rank: item_id
            for rank, item_id in _pins(rows).items()
            if item_id in shelf.items and item_id not in self.hidden
        }
        self.boosts = _factors(shelf, [row for row in rows if row.kind == Kind.BOOST])
        self.buried = _named(shelf, [row for row in rows if row.kind == Kind.BURY])
        self.newest = self._newest() if rerank.new_items else []
        self.views: Kept[Loaded, View] = Kept(MOST_VIEWS)

    def _newest(self) -> list[tuple[int, str]]:
        added = ((item.added_us, item_id) for item_id, item in self.shelf.items.items())
        shown = (pair for pair in added if pair[1] not in self.hidden)
        return sorted(shown, reverse=True)[:MOST_NEW]

    def allowed(self, item_ids: tuple[str, ...], held: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which of an artifact's items may be shown; `held`: which are on the shelf."""
        if not self.hidden:
            return held
        hidden = np.fromiter(map(self.hidden.__contains__, item_ids), np.bool_, len(item_ids))
        return held & ~hidden


def _pins(rows: list[RuleSpec]) -> dict[int, str]:
    """Return the pinned items by rank, each once: at its first rank.

    Of two rules for one rank the placement's own goes before the site's, then the newer one.
    """
    pins = [row for row in rows if row.kind == Kind.PIN]
    by_rank = {
        int(row.amount): row.value for row in sorted(pins, key=lambda row: row.placement != "")
    }
    found: dict[int, str] = {}
    for rank in sorted(by_rank):
        if by_rank[rank] not in found.values():
            found[rank] = by_rank[rank]
    return found


def _hidden(shelf: Shelf, rerank: Rerank, rows: list[RuleSpec], country: str) -> frozenset[str]:
    blocked = _named(shelf, [row for row in rows if row.kind == Kind.BLOCK])
    foreign: set[str] = set()
    if country:
        foreign = {
            item_id
            for item_id, item in shelf.items.items()
            if item.markets and country not in item.markets
        }
    return frozenset(blocked | foreign | (rerank.blocked & shelf.items.keys()))


def _named(shelf: Shelf, rows: list[RuleSpec]) -> set[str]:
    """Return the items of the shelf that rules name, by themselves or by category or brand."""
    values = {target: {row.value for row in rows if row.target == target} for target in Target}
    found = values[Target.ITEM] & shelf.items.keys()
    if values[Target.CATEGORY] or values[Target.BRAND]:
        found |= {
            item_id
            for item_id, item in shelf.items.items()
            if item.category in values[Target.CATEGORY] or item.brand in values[Target.BRAND]
        }
    return found


def _factors(shelf: Shelf, rows: list[RuleSpec]) -> dict[str, float]:
    """Return each boosted item's factor; of several rules the factors are multiplied."""
    found: dict[str, float] = {}
    for row in rows:
        for item_id in _named(shelf, [row]):
            found[item_id] = found.get(item_id, 1.0) * row.amount
    return found


class Offers:
    """The offers of this process, by what they were made of."""

    def __init__(self) -> None:
        self._kept: Kept[tuple[Any, ...], Offer] = Kept(MOST_OFFERS)

    def of(self, wish: Wish, parameters: Mapping[str, Any], state: ServingState) -> Offer:
        """Return what may be shown for a wish under a variant's parameters."""
        shelf = state.shelves.get(wish.site_id, EMPTY_SHELF)
        rules = state.rules.get(wish.site_id, NO_RULES)
        given = parameters.get("rerank")
        encoded = msgspec.json.encode(given) if given else b""
        rerank = _settings(encoded) if given else PLAIN
        country = wish.country if shelf.has_markets and rerank.markets else ""
        key = (wish.site_id, wish.placement, encoded, country, rules.stretch(wish.now_us))
        found = self._kept.get(key)
        # Another version of the shelf or of the rules takes the place of the old one at once.
        if found is None or found.shelf is not shelf or found.rules is not rules:
            rows = rules.in_force(wish.placement, wish.now_us)
            found = self._kept.put(key, Offer(shelf, rules, rerank, rows, country))
        return found

    def forget(self) -> None:
        """Let go of everything."""
        self._kept.clear()


@lru_cache(maxsize=256)
def _settings(encoded: bytes) -> Rerank:
    """Return re-ranking settings; those that nobody checked and that are wrong count as none."""
    try:
        return checked_rerank(msgspec.json.decode(encoded))
    except SettingsError as error:
        log.error("re-ranking settings ignored: %s", error)
        return PLAIN


offers = Offers()
