"""Two editors at once: the second one learns what differs instead of undoing the first."""

from collections.abc import Mapping
from typing import Any

from experiments.errors import Difference, EditConflict
from experiments.models import Change, Experiment
from experiments.services.audit import plain
from experiments.services.describing import describe


def require_version(
    experiment: Experiment, version: int, changes: Mapping[str, Any] | None = None
) -> None:
    """Raise EditConflict unless the version is the present one.

    The difference is three-way: what the editor wants, what stands now, and what stood in the
    version that was read, which the audit tells.
    """
    if version == experiment.version:
        return
    theirs = describe(experiment)
    base = theirs | _before(experiment, version)
    yours = base | {name: plain(value) for name, value in (changes or {}).items()}
    diff = [
        Difference(name, value, theirs.get(name))
        for name, value in yours.items()
        if value != theirs.get(name)
    ]
    raise EditConflict(
        f"you edit version {version}; it is at version {experiment.version}"
        f"{_by(experiment)} meanwhile",
        diff=diff,
        base={each.field: base.get(each.field) for each in diff},
        version=experiment.version,
    )


def _before(experiment: Experiment, version: int) -> dict[str, Any]:
    """Return what the fields that were edited since a version held in it."""
    held: dict[str, Any] = {}
    for change in _edits(experiment):
        if change.after["version"] > version:
            held |= change.before
    held.pop("version", None)
    return held


def _edits(experiment: Experiment) -> list[Change]:
    """Return the changes that raised the version, newest first."""
    rows = Change.objects.filter(experiment=experiment).order_by("-id")
    return [row for row in rows if "version" in row.after and "version" in row.before]


def _by(experiment: Experiment) -> str:
    newest = next(iter(_edits(experiment)), None)
    return f", changed by {newest.actor}" if newest and newest.actor else ", changed"
