"""Name to class: one line adds a recommender, packages add theirs by entry point."""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any

from recommenders.base import Recommender, Settings, checked_settings
from recommenders.errors import RecommenderError, UnknownRecommender

GROUP = "armature.recommenders"
BUILTIN = {
    "popularity": "recommenders.algorithms.popularity.Popularity",
    "category_popularity": "recommenders.algorithms.category_popularity.CategoryPopularity",
    "segment_popularity": "recommenders.algorithms.segment_popularity.SegmentPopularity",
    "lightfm": "recommenders.algorithms.lightfm.LightFM",
    "hybrid": "recommenders.algorithms.hybrid.Hybrid",
    "stacking": "recommenders.algorithms.stacking.Stacking",
    "item_knn": "recommenders.algorithms.item_knn.ItemKNN",
    "user_knn": "recommenders.algorithms.user_knn.UserKNN",
    "ease": "recommenders.algorithms.ease.EASE",
    "als": "recommenders.algorithms.als.ALS",
    "content": "recommenders.algorithms.content.Content",
    "session": "recommenders.algorithms.session.Session",
    "most_recent": "recommenders.algorithms.most_recent.MostRecent",
    "random": "recommenders.algorithms.random.Random",
}
# What an algorithm needs that an installation may lack, and how it comes.
NEEDS = {
    "lightfm": (
        "lightfm",
        "LightFM is not installed (Python 3.11 compiles it, with a C compiler): armature[lightfm]",
    ),
    "als": ("implicit", "implicit is not installed (wheels for Linux, macOS): armature[als]"),
    "stacking": (
        "lightgbm",
        "LightGBM is not installed (wheels for Linux, macOS, Windows): armature[stacking]",
    ),
}


def names() -> list[str]:
    """Return every registered name, built in first."""
    return [*BUILTIN, *sorted(set(_plugins()) - set(BUILTIN))]


def missing(name: str) -> str | None:
    """Return why a registered algorithm cannot run here, None when it can."""
    package, why = NEEDS.get(name, ("", ""))
    return why if package and find_spec(package) is None else None


def available() -> list[str]:
    """Return the registered names that can run here."""
    return [name for name in names() if missing(name) is None]


def recommender_class(name: str) -> type[Recommender]:
    """Return the class behind a name, able to learn here.

    Raises UnknownRecommender with the known names, RecommenderError when it cannot run here.
    """
    if why := missing(name):
        raise RecommenderError(why)
    return fitted_class(name)


@cache
def fitted_class(name: str) -> type[Recommender]:
    """Return the class that restores what was fitted, imported on first use.

    Serving needs arrays alone, so this asks for no engine. Raises UnknownRecommender.
    """
    if name in BUILTIN:
        module, _, attribute = BUILTIN[name].rpartition(".")
        return getattr(import_module(module), attribute)
    if name in (plugins := _plugins()):
        return plugins[name].load()
    raise UnknownRecommender(f"unknown recommender {name!r}", hint=f"Known: {', '.join(names())}.")


def make(name: str, settings: Settings) -> Recommender:
    """Return an unfitted recommender with checked settings."""
    chosen = recommender_class(name)
    return chosen(checked_settings(settings, chosen.defaults))


def broken() -> dict[str, str]:
    """Return the registered names that do not import, each with its reason."""
    found: dict[str, str] = {}
    for name in available():
        try:
            fitted_class(name)
            if name in NEEDS:
                import_module(NEEDS[name][0])
        except Exception as error:  # noqa: BLE001 - a plug-in may fail in any way
            found[name] = f"{type(error).__name__}: {error}"
    return found


@cache
def _plugins() -> dict[str, Any]:
    return {point.name: point for point in entry_points(group=GROUP)}
