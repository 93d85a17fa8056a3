"""One list for one unit: by the variant's artifact, else by what stands behind it."""

import logging
from collections.abc import Mapping
from typing import Any

from recommenders.clocks import Spent
from recommenders.errors import ArtifactError, ArtifactMissing
from recommenders.loaded import cache
from recommenders.serving.answering import answer
from recommenders.serving.budget import Budget, TooSlow
from recommenders.serving.chain import behind, first_of, key_of
from recommenders.serving.listing import listed, pins_of
from recommenders.serving.offer import Offer, offers
from recommenders.serving.shapes import FAILED, MERCHANT, STATIC, CannotAnswer, Served, Wish
from recommenders.serving.view import View, has_one_list, view_of
from recommenders.state import ServingState

log = logging.getLogger(__name__)


def serve(wish: Wish, parameters: Mapping[str, Any], state: ServingState) -> Served:
    """Return k items, fewer only when fewer may be shown.

    The chain: the variant's artifact, the fallback, the champion and earlier artifacts of its
    recommender, those of popularity, the static list of the shop, and the newest of the catalogue.
    `fallback` is the reason why the first could not answer, or `refilled` when its list was too
    short and filled up; "" when neither was needed.
    """
    offer = offers.of(wish, parameters, state)
    budget = Budget(is_timed=wish.is_timed)
    first = first_of(wish.site_id, parameters, state)
    served, reason = _tried(wish, first, offer, state, budget, "")
    return served or _stood_in(wish, parameters, offer, state, budget, reason)


def _stood_in(
    wish: Wish,
    parameters: Mapping[str, Any],
    offer: Offer,
    state: ServingState,
    budget: Budget,
    reason: str,
) -> Served:
    """Return the list of the first that can answer in another's place."""
    first, key = first_of(wish.site_id, parameters, state), key_of(parameters)
    own = state.recommenders.get((wish.site_id, key))
    champion = own.champion if own else None
    for name in behind(wish.site_id, parameters, state):
        # Whom the newest training does not know, an older one knows even less.
        is_older = name.partition("@")[0] == key and name != champion
        if name == first or (is_older and reason == "unknown_unit"):
            continue
        served, _why = _tried(wish, name, offer, state, budget, reason)
        if served:
            return served
    return _of_the_shop(wish, offer, reason)


def _of_the_shop(wish: Wish, offer: Offer, reason: str) -> Served:
    """Return the static list, filled up from the catalogue, or the newest of that alone."""
    made = listed([], wish, offer, pins_of(wish, offer))
    static = offer.rules.static_list(wish.placement)
    is_static = any(item.item_id in static for item in made.items)
    return Served(STATIC if is_static else MERCHANT, "", made.items, reason, made.reasons)


def _tried(
    wish: Wish, name: str | None, offer: Offer, state: ServingState, budget: Budget, reason: str
) -> tuple[Served | None, str]:
    """Return an artifact's list, or None and why there is none: the first reason of the chain."""
    if name is None:
        return None, reason or "no_artifact"
    try:
        view = _view(wish, name, offer, state, budget)
        return answer(wish, name, view, reason, budget), reason
    except TooSlow:
        return None, reason or "too_slow"
    except ArtifactError as error:
        return None, reason or error.code
    except CannotAnswer as error:
        return None, reason or str(error)
    except Exception:
        log.exception("recommender failed artifact=%s", name)
        return None, reason or FAILED


def _view(wish: Wish, name: str, offer: Offer, state: ServingState, budget: Budget) -> View:
    """Return an open artifact under the offer; raises TooSlow for one that could be slow, late."""
    spec = state.artifacts.get((wish.site_id, name))
    if spec is None:
        raise ArtifactMissing(f"no ready artifact {name!r}")
    if budget.is_over:
        loaded = cache.opened(wish.site_id, spec)
        if loaded is None or not has_one_list(loaded):
            raise TooSlow
        return view_of(offer, loaded)
    if loaded := cache.opened(wish.site_id, spec):
        return view_of(offer, loaded)
    began = Spent.now()
    loaded = cache.get(wish.site_id, spec)
    budget.leave_out(began)
    return view_of(offer, loaded)
