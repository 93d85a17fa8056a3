"""The compiled configuration in process memory: keys, sites, experiments. No request queries it."""

from experiments.models import ConfigVersion
from experiments.snapshot.compiling import compilable, compile_all, compile_experiment
from experiments.snapshot.disk import keep_copy, restore
from experiments.snapshot.specs import KeySpec, SiteSpec, Snapshot
from experiments.watching import Watched

__all__ = [
    "KeySpec",
    "SiteSpec",
    "Snapshot",
    "compilable",
    "compile_experiment",
    "current",
    "load",
    "restore",
    "version",
    "watched",
]


def version() -> int:
    """Return the configuration's version; one small query."""
    row = ConfigVersion.objects.filter(id=1).values_list("version", flat=True).first()
    return row or 0


def load(_previous: Snapshot | None = None) -> Snapshot:
    """Return the snapshot compiled from the database, and keep a copy on disk."""
    snapshot = compile_all(version())
    keep_copy(snapshot)
    return snapshot


watched: Watched[Snapshot] = Watched("configuration", version=version, load=load, restore=restore)


def current() -> Snapshot:
    """Return the snapshot of this process; no query, no lock, at most some seconds old."""
    return watched.get()
