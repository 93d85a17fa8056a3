"""Two editors at once: the second one learns what differs instead of undoing the first."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from experiments.errors import Difference, EditConflict
from experiments.models import Change, Experiment
from experiments.services.audit import plain
from experiments.services.describing import describe
from experiments.services.locking import lock


def require_version(
    experiment: Experiment, version: int, changes: Mapping[str, Any] | None = None
) -> None:
    """Raise EditConflict unless the version is the present one.

    The difference is three-way: what the editor wants, what stands now, and what stood in the
    version that was read, which the audit tells.
    """
    if version == experiment.version:
        return
    before, after = edited_since(experiment, version)
    theirs = after | describe(experiment)
    base = theirs | before
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


def edited_since(experiment: Experiment, version: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields that were edited since a version: as it held them, and as they are now."""
    held: dict[str, Any] = {}
    now: dict[str, Any] = {}
    for change in _edits(experiment):
        if change.after["version"] > version:
            held |= change.before
            now = change.after | now
    for document in (held, now):
        document.pop("version", None)
    return held, now


def _edits(experiment: Experiment) -> list[Change]:
    """Return the changes that raised the version, newest first."""
    rows = Change.objects.filter(experiment=experiment).order_by("-id")
    return [row for row in rows if "version" in row.after and "version" in row.before]


@transaction.atomic
def require_unchanged(*, experiment_id: int, version: int) -> None:
    """Raise EditConflict unless the experiment, locked from now on, is at this version."""
    require_version(lock(experiment_id), version)


def _by(experiment: Experiment) -> str:
    newest = next(iter(_edits(experiment)), None)
    return f", changed by {newest.actor}" if newest and newest.actor else ", changed"
