"""Recommenders of other packages: found by entry point, loaded once, never trusted to load."""

from collections import Counter
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from recommenders.base import Recommender
from recommenders.contract.declared import faults_of
from recommenders.errors import PluginBroken

GROUP = "armature.recommenders"


@cache
def plugins() -> dict[str, EntryPoint]:
    """Return the entry points by name; of several of one name, the last that was found."""
    return {point.name: point for point in _points()}


def plugin_class(name: str) -> type[Recommender]:
    """Return the class that a plug-in registers; raises PluginBroken with the reason."""
    loaded = _loaded(name)
    if isinstance(loaded, str):
        raise PluginBroken(
            f"the plug-in {name!r} ({_origin(plugins()[name])}) cannot be used: {loaded}",
            hint="Mend or uninstall the package; everything else works without it.",
        )
    return loaded


@cache
def _loaded(name: str) -> type[Recommender] | str:
    """Return the class, or why there is none; remembered, for a failing import is a slow one."""
    try:
        chosen = plugins()[name].load()
        faults = faults_of(chosen)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plug-in may fail in any way
        return f"{type(error).__name__}: {error}"
    return "; ".join(faults) or chosen


def clashes(own: frozenset[str]) -> dict[str, str]:
    """Return the names that are taken, ours (`own`) or of two packages, each with who loses it."""
    counts = Counter(point.name for point in _points())
    found = {
        name: f"registered by {counts[name]} packages; that of {_origin(plugins()[name])} is used"
        for name in counts
        if counts[name] > 1
    }
    ours = {
        name: f"{_origin(point)} registers it, and it is built in: the built-in one is used"
        for name, point in plugins().items()
        if name in own
    }
    return found | ours


def _points() -> list[EntryPoint]:
    return list(entry_points(group=GROUP))


def _origin(point: EntryPoint) -> str:
    """Return the package and version that an entry point came with."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value
