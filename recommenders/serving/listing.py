"""From what was chosen to the list that is shown: refilled, with pins, ranked."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from experiments.intake.slates import SlateItem
from recommenders.reranking.rules import with_pins
from recommenders.serving.offer import Offer
from recommenders.serving.shapes import PINNED, Pick, Wish


class Listed(NamedTuple):
    """A finished list, why each item is on it, and whether the catalogue had to fill it up."""

    items: list[SlateItem]
    reasons: tuple[str, ...]
    is_refilled: bool


def pins_of(wish: Wish, offer: Offer) -> Mapping[int, str]:
    """Return the item ids that are pinned on this list, by rank."""
    if not offer.pins:
        return offer.pins
    return {
        rank: item_id
        for rank, item_id in offer.pins.items()
        if rank <= wish.k and item_id not in wish.excluded
    }


def listed(
    picks: list[Pick],
    wish: Wish,
    offer: Offer,
    pins: Mapping[int, str],
    avoided: Iterable[str] = (),
) -> Listed:
    """Return the list of k items, fewer only when the offer holds fewer.

    `picks`: in order, none of them pinned. `avoided`: what the unit shall not see besides. What is
    missing comes from the shop's static list, then from the newest of the catalogue, which need no
    artifact.
    """
    missing = wish.k - len(pins) - len(picks)
    more = []
    if missing > 0:
        taken = {*wish.excluded, *avoided, *pins.values(), *(pick.item_id for pick in picks)}
        more = unranked(wish, offer, taken, missing)
    whole = [*picks, *more] if more else picks
    if pins:
        pinned = {rank: Pick(item_id, reason=PINNED) for rank, item_id in pins.items()}
        whole = with_pins(whole, pinned, wish.k)
    shelf = offer.shelf.items
    items = []
    for rank, pick in enumerate(whole, start=1):
        known = shelf[pick.item_id]
        items.append(
            SlateItem(pick.item_id, rank, pick.score, pick.propensity, known.category, known.price)
        )
    reasons = tuple([pick.reason for pick in whole])
    return Listed(items, reasons if any(reasons) else (), bool(more))


def unranked(wish: Wish, offer: Offer, taken: set[str], n: int) -> list[Pick]:
    """Return up to n more items that no artifact ranked: the static list's, then the newest."""
    shelf, hidden = offer.shelf.items, offer.hidden
    static = [each for each in offer.rules.static_list(wish.placement) if each in shelf]
    ids = (each for each in _once(static, shelf) if each not in taken and each not in hidden)
    return [Pick(item_id) for item_id in islice(ids, n)]


def _once(first: list[str], then: Iterable[str]) -> Iterable[str]:
    """Yield both, nothing twice."""
    if not first:
        return then
    told = set(first)
    return [*dict.fromkeys(first), *(each for each in then if each not in told)]
