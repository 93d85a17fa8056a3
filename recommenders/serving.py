"""One list for one unit: the pinned artifact, else what stands behind it, never an empty page."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from experiments.assignment.specs import UnitIds
from experiments.intake.slates import SlateItem
from recommenders.artifacts import score_unit
from recommenders.errors import ArtifactError, ArtifactMissing
from recommenders.loaded import Loaded, cache
from recommenders.ranking import top_k
from recommenders.state import ServingState, Shelf

log = logging.getLogger(__name__)

PREVIOUS = 3  # older artifacts that are tried before another recommender answers
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
    """An artifact that gives this unit no list, and why."""


def serve(wish: Wish, parameters: Mapping[str, Any], state: ServingState) -> Served:
    """Return k items, fewer only when the shelf holds fewer.

    The chain: the variant's artifact, the champion and earlier artifacts of its recommender, those
    of popularity, and the catalogue itself. `fallback` is the reason why the first could not
    answer, or `refilled` when its list was too short and filled from the catalogue; "" when
    neither was needed.
    """
    first, others = _chain(wish.site_id, parameters, state)
    reason = "" if first else "no_artifact"
    for name in dict.fromkeys((first, *others) if first else others):
        try:
            return _from_artifact(wish, name, state, reason)
        except ArtifactError as error:
            reason = reason or error.code
        except _CannotAnswer as error:
            reason = reason or str(error)
        except Exception:
            log.exception("recommender failed artifact=%s", name)
            reason = reason or "recommender_failed"
    shelf = state.shelves.get(wish.site_id, EMPTY_SHELF)
    return Served(MERCHANT, "", _from_catalogue(wish, shelf, []), reason)


def _chain(
    site_id: int, parameters: Mapping[str, Any], state: ServingState
) -> tuple[str | None, list[str]]:
    """Return the artifact that should answer, None when there is none, and who stands behind it."""
    key = str(parameters.get("recommender", POPULARITY))
    wanted = str(parameters.get("artifact") or CHAMPION)
    behind: list[str] = []
    for recommender in dict.fromkeys((key, POPULARITY)):
        if spec := state.recommenders.get((site_id, recommender)):
            behind += [spec.champion] if spec.champion else []
            behind += spec.ready[: PREVIOUS + 1]
    if wanted != CHAMPION:
        return wanted, behind
    own = state.recommenders.get((site_id, key))
    return (own.champion if own else None), behind


def _from_artifact(wish: Wish, name: str, state: ServingState, reason: str) -> Served:
    spec = state.artifacts.get((wish.site_id, name))
    if spec is None:
        raise ArtifactMissing(f"no ready artifact {name!r}")
    loaded = cache.get(wish.site_id, spec)
    shelf = state.shelves.get(wish.site_id, EMPTY_SHELF)
    ranked = _ranked(wish, loaded, shelf)
    items = ranked if len(ranked) == wish.k else _from_catalogue(wish, shelf, ranked)
    short = "refilled" if len(items) > len(ranked) else ""
    return Served(name.partition("@")[0], name, items, reason or short)


def _ranked(wish: Wish, loaded: Loaded, shelf: Shelf) -> list[SlateItem]:
    """Return the artifact's best items that may be shown; raises _CannotAnswer on none."""
    artifact = loaded.artifact
    allowed = loaded.allowed(shelf)
    if not allowed.any():
        raise _CannotAnswer("no_known_items")
    scores = score_unit(artifact, wish.units.visitor_id or wish.units.account_id)
    if not np.isfinite(scores).any():
        raise _CannotAnswer("unknown_unit")
    excluded = [i for i in map(artifact.item_index, wish.excluded) if i >= 0]
    best = top_k(scores, wish.k, allowed=allowed, excluded=np.array(excluded, np.int64))
    if not len(best):
        raise _CannotAnswer("no_items_left")
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


def _from_catalogue(wish: Wish, shelf: Shelf, items: list[SlateItem]) -> list[SlateItem]:
    """Return the list filled up to k with the newest items of the shelf, which need no artifact."""
    taken = wish.excluded | {item.item_id for item in items}
    ids = (item_id for item_id in shelf.items if item_id not in taken)
    more = islice(ids, wish.k - len(items))
    return items + [
        _item(item_id, rank, None, shelf) for rank, item_id in enumerate(more, start=len(items) + 1)
    ]
