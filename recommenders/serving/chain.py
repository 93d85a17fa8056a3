"""Who answers, in order: the variant's artifact, what stands behind it, and the shop itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from recommenders.models import Alias
from recommenders.serving.shapes import CHAMPION, POPULARITY
from recommenders.state import ServingState

FOLLOWED = frozenset(Alias.values)
PREVIOUS = 3  # older artifacts that are tried before another recommender answers


def first_of(site_id: int, parameters: Mapping[str, Any], state: ServingState) -> str | None:
    """Return the artifact that should answer, None when there is none.

    Parameters name a version, or an alias that is followed; the champion's where they name none.
    """
    wanted = str(parameters.get("artifact") or CHAMPION)
    if wanted not in FOLLOWED:
        return wanted
    own = state.recommenders.get((site_id, key_of(parameters)))
    return own.holder(wanted) if own else None


def behind(site_id: int, parameters: Mapping[str, Any], state: ServingState) -> Iterator[str]:
    """Yield the artifacts that stand behind the first, each once.

    Of its recommender: the fallback, the champion, then the newest; then those of popularity.
    """
    told: set[str] = set()
    for key in dict.fromkeys((key_of(parameters), POPULARITY)):
        if spec := state.recommenders.get((site_id, key)):
            names = (spec.fallback, spec.champion, *spec.ready[: PREVIOUS + 1])
            yield from (name for name in dict.fromkeys(names) if name and name not in told)
            told.update(name for name in names if name)


def key_of(parameters: Mapping[str, Any]) -> str:
    """Return the key of the recommender that parameters name; popularity's where they name none."""
    return str(parameters.get("recommender", POPULARITY))
