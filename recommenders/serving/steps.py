"""The steps between a ranking and what is chosen: caps, diversity, chance, new items."""

from bisect import bisect_left
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from recommenders.base import Scores
from recommenders.reranking.caps import within_caps
from recommenders.reranking.diversity import alike_by_content, alike_by_group, mmr
from recommenders.reranking.exploration import draw, inclusion
from recommenders.reranking.settings import Diversity, NewItems
from recommenders.serving.shapes import EXPLORED, NEW, POPULAR, Pick, Wish
from recommenders.serving.view import View

DAY_US = 86_400_000_000
MMR_POOL = 100  # candidates that diversity chooses from, at least five for each place
CAPPED_POOL = 4  # times what is needed: how far down caps look first
FURTHER = 8  # times as far down they look next
MOST_NEW = 50  # new items that share the places kept for them


class Cuttable(Protocol):
    """Scores of all items, the items that they put first, and those that are left out."""

    scores: Scores
    excluded: list[int]

    def best(self, n: int) -> list[int]:
        """Return the indexes of the n best items that may be shown, fewer when there are fewer."""


class Pool(NamedTuple):
    """Item indexes to choose from, best first, and those that stand in when they are too few."""

    items: NDArray[np.int64]
    spare: NDArray[np.int64]


def chosen(view: View, ranking: Cuttable, wish: Wish, size: int, reason: str) -> list[Pick]:
    """Return `size` items in the order they are shown, fewer when the artifact has fewer.

    Caps come first, then diversity within them, then chance: what is drawn from a pool that keeps
    within the caps does too. `reason`: why those are on the list that the ranking put there.
    """
    rerank = view.offer.rerank
    if not rerank.has_steps:
        return _picks(view, ranking, ranking.best(size), reason)
    pool = _pool(view, ranking, size)
    if not len(pool.items):  # who cannot answer does not answer with new items alone either
        return []
    if rerank.is_random:
        return _drawn(view, ranking, pool, wish, size, reason)
    kept = [*pool.items[:size].tolist(), *pool.spare.tolist()]
    return _picks(view, ranking, kept[:size], reason)


def filled(view: View, picks: list[Pick], excluded: list[int], size: int) -> list[Pick]:
    """Return the list with what sells best in the places that are left."""
    if view.popular is None:
        return picks
    index_of = view.artifact.item_places
    held = [index_of[pick.item_id] for pick in picks if pick.item_id in index_of]
    ids = view.artifact.item_ids
    more = view.popular.best(size - len(picks), [*excluded, *held])
    return [*picks, *(Pick(ids[index], reason=POPULAR) for index in more)]


def _picks(view: View, ranking: Cuttable, best: list[int], reason: str) -> list[Pick]:
    ids, scores = view.artifact.item_ids, ranking.scores[best].tolist() if best else []
    return [Pick(ids[index], score, 1.0, reason) for index, score in zip(best, scores, strict=True)]


def _pool(view: View, ranking: Cuttable, size: int) -> Pool:
    rerank = view.offer.rerank
    wanted = max(size, rerank.exploration.among if rerank.exploration else 0)
    if rerank.diversity is None:
        return _capped(view, ranking, size, wanted)
    pool = _capped(view, ranking, size, max(wanted, MMR_POOL, 5 * size))
    places = mmr(
        ranking.scores[pool.items],
        _similar(view, pool.items, rerank.diversity),
        strength=rerank.diversity.strength,
        most=wanted,
    )
    return Pool(pool.items[places], pool.spare)


def _similar(view: View, items: NDArray[np.int64], diversity: Diversity) -> NDArray[np.float32]:
    content = view.loaded.content if diversity.by == "content" else None
    if content is None:  # an artifact without texts tells items apart by category all the same
        return alike_by_group(view.categories[items])
    return alike_by_content(content[items])


def _capped(view: View, ranking: Cuttable, size: int, wanted: int) -> Pool:
    """Return up to `wanted` items within the caps; as far down as it takes to fill the list."""
    rerank = view.offer.rerank
    caps = []
    if rerank.category_cap:
        caps.append((view.categories, rerank.category_cap))
    if rerank.brand_cap:
        caps.append((view.brands, rerank.brand_cap))
    depth = wanted * (CAPPED_POOL if caps else 1)
    while True:
        ranked = np.array(ranking.best(depth), np.int64)
        kept, passed = within_caps(ranked, caps, most=wanted)
        if len(kept) >= size or len(ranked) < depth:
            return Pool(ranked[kept], ranked[passed])
        depth *= FURTHER


def _drawn(
    view: View, ranking: Cuttable, pool: Pool, wish: Wish, size: int, reason: str
) -> list[Pick]:
    """Return a list drawn from the pool and the new items, each with its true propensity."""
    rerank = view.offer.rerank
    rng = np.random.default_rng(wish.seed)
    items = pool.items
    if len(items) < size:  # too few within the caps: those beyond them stand in
        items = np.concatenate([items, pool.spare[: size - len(items)]])
    new = _new_ids(view, ranking, items, wish, rerank.new_items)
    places_for_new = _places_for_new(len(new), len(items), size, rerank.new_items)
    odds = inclusion(ranking.scores[items], size - places_for_new, rerank.exploration)
    odds_new = np.full(len(new), places_for_new / max(len(new), 1))
    taken = draw(np.concatenate([odds, odds_new]), rng)
    old = taken[taken < len(items)]
    picks = _picks(view, ranking, items[old].tolist(), reason)
    picks = [
        Pick(pick.item_id, pick.score, odd, EXPLORED if place >= size else reason)
        for pick, place, odd in zip(picks, old.tolist(), odds[old].tolist(), strict=True)
    ]
    for place in (taken[taken >= len(items)] - len(items)).tolist():
        at = int(rng.integers(0, len(picks) + 1))
        picks.insert(at, Pick(new[place], None, float(odds_new[place]), NEW))
    return picks


def _places_for_new(n_new: int, n_items: int, size: int, settings: NewItems | None) -> float:
    """Return how many places of the list go to new items, on average; more where others lack."""
    if settings is None or not n_new:
        return 0.0
    return float(min(n_new, max(settings.share * size, size - n_items)))


def _new_ids(
    view: View, ranking: Cuttable, items: NDArray[np.int64], wish: Wish, settings: NewItems | None
) -> list[str]:
    """Return new items that the pool does not hold: those nearest to what the unit likes first."""
    if settings is None:
        return []
    since_us = wish.now_us - settings.days * DAY_US
    newest = view.offer.newest  # newest first
    fresh = newest[: bisect_left(newest, -since_us, key=lambda pair: -pair[0])]
    item_ids = view.artifact.item_ids
    held = {item_ids[index] for index in (*items.tolist(), *ranking.excluded)}
    held |= {*wish.excluded, *view.offer.pins.values()}
    ids = [item_id for _added, item_id in fresh if item_id not in held]
    if len(ids) <= MOST_NEW:
        return ids
    fit = view.loaded.fit_of_cold(ranking.scores)
    return sorted(ids, key=lambda item_id: -fit.get(item_id, float("-inf")))[:MOST_NEW]
