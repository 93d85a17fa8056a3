"""One artifact under one offer: which of its items may be shown, in which order, in which groups.

What follows from artifact and offer alone is worked out once: the mask of items, the factors of the
rules and, for a recommender that gives everybody the same list, its order and the lists themselves.
"""

import time
from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommenders.base import Capability, Scores
from recommenders.loaded import Loaded
from recommenders.ranking import top_k
from recommenders.reranking.rules import boosted
from recommenders.serving.offer import Offer
from recommenders.serving.prepared import DEPTH as PREPARED_DEPTH
from recommenders.serving.prepared import Prepared, prepared_of
from recommenders.serving.shapes import Served
from recommenders.state import ShelfItem

OWN_LISTS = frozenset(
    {Capability.PERSONAL, Capability.RECENT, Capability.SEGMENTS, Capability.CONTEXT}
)
PER_REQUEST = frozenset({Capability.SEGMENTS, Capability.CONTEXT})
RETRY_S = 30.0  # between two looks for lists made ahead
DEPTH = 1_000  # of an order that is kept; who needs more ranks again


class View:
    """An artifact's items as an offer allows them. Threads share it; each part is made once.

    `allowed`: mask of items, (n_items,), None when all may be shown. `has_one_list`: everybody gets
    the same. `ready`: finished lists by length, each with the ids on it.
    """

    def __init__(self, loaded: Loaded, offer: Offer) -> None:
        self.loaded, self.offer = loaded, offer
        self.artifact = loaded.artifact
        allowed = offer.allowed(self.artifact.item_ids, loaded.allowed(offer.shelf))
        self.is_empty = not allowed.any()
        self.allowed = None if allowed.all() else allowed
        self.has_one_list = has_one_list(loaded)
        self.reads_recent = Capability.RECENT in self.artifact.recommender.can
        self.keeps_lists = (
            self.has_one_list and not offer.rerank.is_random and not offer.rerank.bought_days
        )
        self.may_look_up = not (
            self.has_one_list
            or PER_REQUEST & self.artifact.recommender.can
            or offer.rerank.has_steps
            or offer.boosts
            or offer.buried
        )
        self._prepared: Prepared | None = None
        self._looked_at = -RETRY_S
        self.ready: dict[int, tuple[Served, frozenset[str]]] = {}
        self.order: Order | None = None

    def made_ahead(self, unit: int) -> tuple[list[int], list[float]] | None:
        """Return a unit's items and scores as they were made ahead, None where they were not.

        Whether there are lists of this artifact is asked seldom.
        """
        if not self.may_look_up:
            return None
        if time.monotonic() - self._looked_at > RETRY_S:
            n_items = len(self.artifact.item_ids)
            self._prepared = prepared_of(self.loaded.sha256, n_items=n_items)
            self._looked_at = time.monotonic()
        return self._prepared.of(unit) if self._prepared else None

    def ruled(self, scores: Scores) -> Scores:
        """Return scores of all items, (n_items,), as the rules move them."""
        offer = self.offer
        if not offer.boosts and not offer.buried:
            return scores
        places, factors, buried = self._moved
        return boosted(scores, places, factors, buried)

    @cached_property
    def _moved(self) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
        index_of = self.artifact.item_places
        boosts = {index_of[i]: f for i, f in self.offer.boosts.items() if i in index_of}
        buried = [index_of[item_id] for item_id in self.offer.buried if item_id in index_of]
        return (
            np.array(list(boosts), np.int64),
            np.array(list(boosts.values()), np.float32),
            np.array(sorted(buried), np.int64),
        )

    @cached_property
    def popular(self) -> "Order | None":
        """Return the order of items by what sells, None for an artifact that does not tell it."""
        scores = self.artifact.extras.get("popular")
        return None if scores is None else Order(self, np.asarray(scores))

    @cached_property
    def categories(self) -> NDArray[np.int64]:
        """Return each item's category as a number, -1 for none, (n_items,)."""
        return self._groups(lambda item: item.category)

    @cached_property
    def brands(self) -> NDArray[np.int64]:
        """Return each item's brand as a number, -1 for none, (n_items,)."""
        return self._groups(lambda item: item.brand)

    def _groups(self, name_of: Callable[[ShelfItem], str]) -> NDArray[np.int64]:
        shelf, numbers = self.offer.shelf.items, {"": -1}
        names = (
            name_of(shelf[item_id]) if item_id in shelf else ""
            for item_id in self.artifact.item_ids
        )
        found = (numbers.setdefault(name, len(numbers)) for name in names)
        return np.fromiter(found, np.int64, len(self.artifact.item_ids))


class Ranking:
    """Scores of one request, cut to the best n of what may be shown."""

    def __init__(self, view: View, scores: Scores, excluded: list[int]) -> None:
        self.scores = view.ruled(scores)
        self.excluded, self._allowed = excluded, view.allowed

    def best(self, n: int) -> list[int]:
        """Return the indexes of the n best items that may be shown, fewer when there are fewer."""
        left_out = np.array(self.excluded, np.int64)
        found: list[int] = top_k(self.scores, n, allowed=self._allowed, excluded=left_out).tolist()
        return found


class LookedUp:
    """A unit's best items as they were made ahead; scored after all where they do not reach."""

    def __init__(
        self,
        view: View,
        found: tuple[list[int], list[float]],
        excluded: list[int],
        score: Callable[[], Scores],
    ) -> None:
        self.excluded, self._view, self._score = excluded, view, score
        self._items, values = found
        self.scores: Scores = np.full(len(view.artifact.item_ids), np.nan, np.float32)
        self.scores[self._items] = values

    def best(self, n: int) -> list[int]:
        """Return the indexes of the n best items that may be shown, fewer when there are fewer."""
        allowed, left_out = self._view.allowed, set(self.excluded)
        shown = [i for i in self._items if i not in left_out and (allowed is None or allowed[i])]
        if len(shown) < n and len(self._items) == PREPARED_DEPTH:
            ranking = Ranking(self._view, self._score(), self.excluded)
            self.scores = ranking.scores
            return ranking.best(n)
        return shown[:n]


class Order:
    """The order of items that everybody gets, ranked once and cut for each request."""

    def __init__(self, view: View, scores: Scores) -> None:
        self._view, self._own_scores = view, scores
        ranking = Ranking(view, scores, [])
        self.scores = ranking.scores
        self._first = ranking.best(DEPTH)

    def without(self, excluded: list[int]) -> "Cut | Ranking":
        """Return the order without some items."""
        return Cut(self, excluded)

    def best(self, n: int, excluded: list[int]) -> list[int]:
        """Return the n best items but for these; ranks again where the kept part is too short."""
        if len(self._first) == DEPTH and n + len(excluded) > DEPTH:
            return Ranking(self._view, self._own_scores, excluded).best(n)
        left = self._first[: n + len(excluded)]
        return [index for index in left if index not in excluded][:n] if excluded else left


class Cut:
    """An order without the items that one request leaves out."""

    def __init__(self, order: Order, excluded: list[int]) -> None:
        self.scores, self.excluded = order.scores, excluded
        self._order = order

    def best(self, n: int) -> list[int]:
        """Return the indexes of the n best items that may be shown, fewer when there are fewer."""
        return self._order.best(n, self.excluded)


def has_one_list(loaded: Loaded) -> bool:
    """Return whether an artifact gives everybody the same list."""
    return OWN_LISTS.isdisjoint(loaded.artifact.recommender.can)


def view_of(offer: Offer, loaded: Loaded) -> View:
    """Return an artifact as an offer allows it."""
    return offer.views.get(loaded) or offer.views.put(loaded, View(loaded, offer))
