"""Name to class: one line adds a recommender, packages add theirs by entry point."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from recommenders.base import Recommender, Settings, checked_settings
from recommenders.errors import PluginBroken, RecommenderError, UnknownRecommender
from recommenders.plugins import clashes, plugin_class, plugins

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
    return [*BUILTIN, *sorted(set(plugins()) - set(BUILTIN))]


def missing(name: str) -> str | None:
    """Return why a registered algorithm cannot run here, None when it can."""
    if name not in BUILTIN and name in plugins():
        return _why_broken(name)
    package, why = NEEDS.get(name, ("", ""))
    return why if package and find_spec(package) is None else None


def available() -> list[str]:
    """Return the registered names that can run here."""
    return [name for name in names() if missing(name) is None]


def recommender_class(name: str) -> type[Recommender]:
    """Return the class behind a name, able to learn here.

    Raises UnknownRecommender with the known names, RecommenderError when it cannot run here.
    """
    if name in NEEDS and (why := missing(name)):
        raise RecommenderError(why)
    return fitted_class(name)


@cache
def fitted_class(name: str) -> type[Recommender]:
    """Return the class that restores what was fitted, imported on first use.

    Serving needs arrays alone, so this asks for no engine. Raises UnknownRecommender, or
    PluginBroken for a plug-in that cannot be used.
    """
    if name in BUILTIN:
        module, _, attribute = BUILTIN[name].rpartition(".")
        return getattr(import_module(module), attribute)
    if name in plugins():
        return plugin_class(name)
    raise UnknownRecommender(f"unknown recommender {name!r}", hint=f"Known: {', '.join(names())}.")


def make(name: str, settings: Settings) -> Recommender:
    """Return an unfitted recommender with checked settings."""
    chosen = recommender_class(name)
    return chosen(checked_settings(settings, chosen.defaults))


def broken() -> dict[str, str]:
    """Return the registered names that do not import, each with its reason."""
    return _broken_builtin() | broken_plugins()


def broken_plugins() -> dict[str, str]:
    """Return the names of plug-ins that cannot be used or are taken, each with its reason."""
    own = frozenset(BUILTIN)
    reasons = {name: _why_broken(name) for name in plugins() if name not in own}
    return clashes(own) | {name: why for name, why in reasons.items() if why}


def _broken_builtin() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in BUILTIN:
        if missing(name):
            continue
        try:
            fitted_class(name)
            if name in NEEDS:
                import_module(NEEDS[name][0])
        except Exception as error:  # noqa: BLE001 - an engine's own library may be missing
            found[name] = f"{type(error).__name__}: {error}"
    return found


def _why_broken(name: str) -> str | None:
    try:
        plugin_class(name)
    except PluginBroken as error:
        return str(error)
    return None
