"""One artifact's answer: kept where everybody gets the same, else scored and ranked in time."""

from collections.abc import Mapping

import numpy as np
from django.conf import settings

from recommenders.base import Queries, Scores
from recommenders.clocks import Spent
from recommenders.reranking.bought import bought_within
from recommenders.serving.acts import DAY_US, Act, acts_of, bought_since, recent_row
from recommenders.serving.breaker import Breakers
from recommenders.serving.budget import Budget, TooSlow
from recommenders.serving.listing import Listed, listed, pins_of
from recommenders.serving.shapes import (
    FAILED,
    POPULAR,
    POPULARITY,
    VIEWED,
    CannotAnswer,
    Pick,
    Served,
    Wish,
)
from recommenders.serving.steps import Cuttable, chosen, filled
from recommenders.serving.told import tell
from recommenders.serving.view import LookedUp, Order, Ranking, View

UNKNOWN = -1
_ONE_UNKNOWN = np.array([UNKNOWN], np.int64)
breakers = Breakers(tell)


def answer(wish: Wish, name: str, view: View, reason: str, budget: Budget) -> Served:
    """Return the list of one artifact; `reason`: why it answers in another's place, "" if not so.

    Raises CannotAnswer, TooSlow, and whatever the recommender raises.
    """
    if budget.is_over:  # only who is ranked already is asked that late, and given time for it
        budget = Budget(is_timed=wish.is_timed)
    if view.keeps_lists:
        ready, ids = view.ready.get(wish.k) or _made_ready(wish, name, view, budget)
        if wish.excluded.isdisjoint(ids):
            return _because(ready, reason)
    return _because(_watched(wish, name, view, budget), reason)


def _because(served: Served, reason: str) -> Served:
    if not reason:
        return served
    return Served(served.recommender, served.artifact, served.items, reason, served.reasons)


def _made_ready(wish: Wish, name: str, view: View, budget: Budget) -> tuple[Served, frozenset[str]]:
    """Keep and return the list of this length that everybody gets who leaves nothing out."""
    anybody = Wish(
        site_id=wish.site_id,
        units=wish.units,
        k=wish.k,
        placement=wish.placement,
        now_us=wish.now_us,
        is_timed=wish.is_timed,
    )
    served = _watched(anybody, name, view, budget)
    view.ready[wish.k] = served, frozenset(item.item_id for item in served.items)
    return view.ready[wish.k]


def _watched(wish: Wish, name: str, view: View, budget: Budget) -> Served:
    """Return the list unless the recommender's breaker is open; let that see how long it took."""
    key = name.partition("@")[0]
    made = (_timed if wish.is_timed else _made)(wish, key, view, budget)
    return Served(key, name, made.items, "refilled" if made.is_refilled else "", made.reasons)


def _timed(wish: Wish, key: str, view: View, budget: Budget) -> Listed:
    breaker = breakers.of(wish.site_id, key)
    if not breaker.allows():
        raise CannotAnswer("breaker_open")
    began, limit_ns = Spent.now(), settings.RECOMMEND_BUDGET_MS * 1_000_000
    has_failed = True
    try:
        made = _made(wish, key, view, budget)
        has_failed = False
        return made
    except (CannotAnswer, TooSlow) as error:
        has_failed = str(error) == FAILED
        raise
    finally:
        is_slow = began.charged_until_now(enough_ns=limit_ns) > limit_ns
        breaker.record(is_slow=is_slow, has_failed=has_failed)


def _made(wish: Wish, key: str, view: View, budget: Budget) -> Listed:
    if view.is_empty:
        raise CannotAnswer("no_known_items")
    pins = pins_of(wish, view.offer)
    acts = acts_of(wish) if view.reads_recent else []
    unit = view.artifact.unit_index(wish.unit_id) if wish.may_know else UNKNOWN
    excluded = _left_out(wish, view, pins, unit)
    budget.check()
    ranking, reason = _ranking(wish, key, view, unit, acts, excluded)
    budget.check()
    picks = chosen(view, ranking, wish, wish.k - len(pins), reason)
    if not picks and len(pins) < wish.k:
        raise CannotAnswer("no_items_left" if np.isfinite(ranking.scores).any() else "unknown_unit")
    budget.check()
    if len(picks) + len(pins) == wish.k:
        return listed(picks, wish, view.offer, pins)
    return _refilled(wish, view, pins, excluded, picks)


def _refilled(
    wish: Wish, view: View, pins: Mapping[int, str], excluded: list[int], picks: list[Pick]
) -> Listed:
    """Return the list with what sells best in the places left, then what nobody ranked."""
    whole = filled(view, picks, excluded, wish.k - len(pins))
    avoided = {view.artifact.item_ids[index] for index in excluded}
    made = listed(whole, wish, view.offer, pins, avoided)
    return made._replace(is_refilled=made.is_refilled or len(whole) > len(picks))


def _left_out(wish: Wish, view: View, pins: Mapping[int, str], unit: int) -> list[int]:
    """Return the items that the ranking leaves out: on the page, in the cart, pinned, bought."""
    index_of = view.artifact.item_places
    found = [index_of[each] for each in (*wish.excluded, *pins.values()) if each in index_of]
    days = view.offer.rerank.bought_days
    if days and wish.may_know:
        found += _bought(wish, view, unit, days)
    return found


def _ranking(
    wish: Wish, key: str, view: View, unit: int, acts: list[Act], excluded: list[int]
) -> tuple[Cuttable, str]:
    """Return the ranking for a unit, and why what it puts first is on the list."""
    told = POPULAR if key == POPULARITY else ""
    if view.has_one_list:
        order = view.order
        if order is None:
            order = view.order = Order(view, _scores(view, Queries(_ONE_UNKNOWN)))
        return order.without(excluded), told
    recent = None
    if view.reads_recent and wish.may_know:
        recent = recent_row(view.artifact, acts, wish.viewed)
    queries = Queries(
        units=np.array([unit], np.int64),
        recent=recent,
        segments=view.loaded.segments_of(wish.attributes) if wish.may_know else None,
        at_us=wish.now_us,
    )
    if recent is None and (found := view.made_ahead(unit)):
        return LookedUp(view, found, excluded, lambda: _scores(view, queries)), told
    return Ranking(view, _scores(view, queries), excluded), VIEWED if recent is not None else told


def _scores(view: View, queries: Queries) -> Scores:
    """Return the scores of one query; raises CannotAnswer where their number is not the items'."""
    scores = view.artifact.recommender.score(queries)
    if scores.shape != (1, len(view.artifact.item_ids)):
        raise CannotAnswer(FAILED)
    return scores[0]


def _bought(wish: Wish, view: View, unit: int, days: int) -> list[int]:
    """Return the items that the unit bought so many days ago or less, before training and since."""
    until_us = view.loaded.until_us
    since_days = max(wish.now_us - until_us, 0) / DAY_US
    known = bought_within(view.artifact.extras, unit, days=days, since_days=since_days).tolist()
    index_of = view.artifact.item_places
    since = bought_since(wish, days=days, known_until_us=until_us)
    return [*known, *(index_of[item_id] for item_id in since if item_id in index_of)]
