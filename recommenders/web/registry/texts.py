"""Numbers and states of the registry as its pages write them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from experiments.models import Site
from experiments.web.moments import ago, day_text, short_moment
from recommenders.models import Artifact, Cause

Status = Artifact.Status
TONES = {"passed": "good", "failed": "bad", "unknown": "warn", "exempt": "idle"}
WORDS = {"passed": "passed", "failed": "failed", "unknown": "not known", "exempt": "exempt"}
CAUSES = {
    Cause.REQUEST: "asked for",
    Cause.SCHEDULE: "by schedule",
    Cause.DRIFT: "for drift",
    Cause.DECAY: "for decay of clicks",
}
STATES = {
    Status.QUEUED: ("clock", "Queued"),
    Status.TRAINING: ("info", "Training"),
    Status.READY: ("good", "Ready"),
    Status.FAILED: ("bad", "Failed"),
}
TIERS = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def size_text(size: int | None) -> str:
    """Return a number of bytes in its largest unit.

    >>> size_text(3_500_000), size_text(12), size_text(None)
    ('3.3 MiB', '12 B', '')
    """
    if size is None:
        return ""
    return next((f"{size / unit:.1f} {name}" for unit, name in TIERS if size >= unit), f"{size} B")


def window_text(manifest: Mapping[str, Any], site: Site) -> str:
    """Return from when to when the interactions are that an artifact learned from."""
    until = manifest.get("trained_until")
    if until is None:
        return ""
    moments = [datetime.fromisoformat(manifest.get("trained_from", until))]
    moments.append(datetime.fromisoformat(until))
    return " – ".join(dict.fromkeys(day_text(each, site) for each in moments))


def rows_text(manifest: Mapping[str, Any]) -> str:
    """Return how many interactions, units and items an artifact learned from."""
    names = {"n_interactions": "interactions", "n_units": "units", "n_items": "items"}
    return ", ".join(f"{manifest[key]:,} {name}" for key, name in names.items() if key in manifest)


def metric_texts(metrics: Mapping[str, Any]) -> tuple[str, str]:
    """Return the offline metric, and how it stands to popularity's with its interval.

    Where nothing could be judged the first is "not judged" and the second says why.
    """
    if not metrics:
        return "", ""
    if metrics.get("value") is None:
        return "not judged", str(metrics.get("missing", ""))
    interval = f"{metrics['difference']:+.4f} ({metrics['low']:+.4f} to {metrics['high']:+.4f})"
    return f"{metrics['value']:.4f}", f"{interval} to popularity, {metrics['n_units']:,} units"


def training_text(artifact: Artifact, now: datetime) -> str:
    """Return what a training is at and since when, "" for one that is over."""
    if artifact.status == Status.QUEUED:
        return f"waits for the training worker, {ago(artifact.created_at, now)}"
    if artifact.status != Status.TRAINING:
        return ""
    share = f"{100 * (artifact.share or 0):.0f} %"
    since = artifact.stage_since or artifact.created_at
    return (
        f"{artifact.stage or 'starting'} since {short_moment(since, artifact.site)}, {share} done"
    )


def cause_text(artifact: Artifact) -> str:
    """Return why an artifact was trained, and on from which one."""
    detail = f": {artifact.cause_detail}" if artifact.cause_detail else ""
    started = f"; learned on from {artifact.started_from}" if artifact.started_from else ""
    return f"{CAUSES[Cause(artifact.cause)]}{detail}{started}".capitalize()
