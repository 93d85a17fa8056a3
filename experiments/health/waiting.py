"""How long the oldest accepted batch has waited to be applied, and what waits on the disk."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from experiments.drain.isolating import MAX_ATTEMPTS
from experiments.intake.recorder import buffer
from experiments.intake.recovery import ASIDE
from experiments.intake.segments import segments, used_bytes
from experiments.intake.spool import spool_folder
from experiments.models import InboxBatch

FINE_S = 10.0  # applied within seconds, as a rule
LATE_S = 60.0  # beyond it somebody has to know
LOOKED_AT = 500  # of the oldest batches, when their sites are asked for


@dataclass(frozen=True, slots=True)
class Oldest:
    """The batch that has waited longest: when it came, and how many seconds ago that is."""

    received_at: datetime
    age_s: float


@dataclass(frozen=True, slots=True)
class Spooled:
    """What waits in the spool of slates, what was set aside there, and what this process lost."""

    files: int
    bytes: int
    set_aside_bytes: int
    lost: int


def oldest_waiting() -> Oldest | None:
    """Return the batch that has waited longest, None when nothing waits; one look at an index."""
    waiting = InboxBatch.objects.filter(attempts__lt=MAX_ATTEMPTS).order_by("id")
    received_at = waiting.values_list("received_at", flat=True).first()
    if received_at is None:
        return None
    age_s = (datetime.now(UTC) - received_at).total_seconds()
    return Oldest(received_at, max(0.0, age_s))


def late_sites(limit_s: float = LATE_S) -> dict[int, float]:
    """Return the sites whose oldest batch waits longer than so many seconds, with its age."""
    now = datetime.now(UTC)
    rows = InboxBatch.objects.order_by("id").values_list("site_id", "received_at")[:LOOKED_AT]
    late: dict[int, float] = {}
    for site_id, received_at in rows:
        age_s = (now - received_at).total_seconds()
        if age_s > limit_s:
            late[site_id] = max(age_s, late.get(site_id, 0.0))
    return late


def spooled() -> Spooled:
    """Return what the spool holds; counts of lost slates are this process's own."""
    folder: Path = spool_folder()
    return Spooled(
        files=len(segments(folder)),
        bytes=used_bytes(folder),
        set_aside_bytes=used_bytes(folder / ASIDE),
        lost=buffer.lost,
    )
