"""One list for one unit: the pinned artifact, else what stands behind it, never an empty page."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.assignment.specs import UnitIds
from experiments.slates import SlateItem
from recommenders.artifacts import score_unit
from recommenders.errors import ArtifactError, ArtifactMissing
from recommenders.loaded import Loaded, cache
from recommenders.ranking import top_k
from recommenders.state import ServingState, Shelf

log = logging.getLogger(__name__)

POPULARITY = "popularity"
MERCHANT = "catalogue"
CHAMPION = "champion"
EMPTY_SHELF = Shelf(version=0, items={})


@dataclass(frozen=True, slots=True)
class Served:
    """A list, where it came from, and why it came from there when not from the variant's own."""

    recommender: str
    artifact: str
    items: list[SlateItem]
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: whose list, how long, and what must not be on it."""

    site_id: int
    units: UnitIds
    k: int
    excluded: frozenset[str] = frozenset()


class _CannotAnswer(Exception):
    """An artifact that gives this unit no list."""


def serve(wish: Wish, parameters: Mapping[str, Any], state: ServingState) -> Served:
    """Return k items, fewer only when the shelf holds fewer.

    The chain: the variant's artifact, its recommender's newest other one, popularity, and the
    catalogue itself. `fallback` is the reason why the first could not answer, "" when it did.
    """
    reason = ""
    for name in _chain(wish.site_id, parameters, state):
        try:
            return _from_artifact(wish, name, state, reason)
        except ArtifactError as error:
            reason = reason or error.code
        except _CannotAnswer as error:
            reason = reason or str(error)
        except Exception:
            log.exception("recommender failed artifact=%s", name)
            reason = reason or "recommender_failed"
    return _from_catalogue(wish, state, reason or "no_artifact")


def _chain(site_id: int, parameters: Mapping[str, Any], state: ServingState) -> Iterable[str]:
    """Yield the full names of the artifacts to try, in order, each once."""
    key = str(parameters.get("recommender", POPULARITY))
    wanted = parameters.get("artifact") or CHAMPION
    names: list[str] = [] if wanted == CHAMPION else [str(wanted)]
    for recommender in dict.fromkeys((key, POPULARITY)):
        if spec := state.recommenders.get((site_id, recommender)):
            names += [spec.champion] if spec.champion else []
            names += spec.ready[:1]
    return dict.fromkeys(names)


def _from_artifact(wish: Wish, name: str, state: ServingState, reason: str) -> Served:
    spec = state.artifacts.get((wish.site_id, name))
    if spec is None:
        raise ArtifactMissing(f"no ready artifact {name!r}")
    loaded = cache.get(wish.site_id, spec)
    shelf = state.shelves.get(wish.site_id, EMPTY_SHELF)
    items = _ranked(wish, loaded, shelf)
    if not items:
        raise _CannotAnswer("unknown_unit")
    return Served(name.partition("@")[0], name, items, reason)


def _ranked(wish: Wish, loaded: Loaded, shelf: Shelf) -> list[SlateItem]:
    artifact = loaded.artifact
    scores = score_unit(artifact, wish.units.visitor_id or wish.units.account_id)
    excluded = [i for i in map(artifact.item_index, wish.excluded) if i >= 0]
    best = top_k(
        scores, wish.k, allowed=loaded.allowed(shelf), excluded=np.array(excluded, np.int64)
    )
    return [
        _item(artifact.item_ids[index], rank, float(scores[index]), shelf)
        for rank, index in enumerate(best.tolist(), start=1)
    ]


def _item(item_id: str, rank: int, score: float | None, shelf: Shelf) -> SlateItem:
    known = shelf.items[item_id]
    return SlateItem(
        item_id=item_id,
        rank=rank,
        score=score,
        propensity=1.0,
        category=known.category,
        price=known.price,
    )


def _from_catalogue(wish: Wish, state: ServingState, reason: str) -> Served:
    """Return the newest items of the shelf: the last resort, which needs no artifact."""
    shelf = state.shelves.get(wish.site_id, EMPTY_SHELF)
    ids = (item_id for item_id in shelf.items if item_id not in wish.excluded)
    picked = [item_id for item_id, _ in zip(ids, range(wish.k), strict=False)]
    items = [_item(item_id, rank, None, shelf) for rank, item_id in enumerate(picked, start=1)]
    return Served(MERCHANT, "", items, reason)
