"""Signs of life: a process touches its file, whoever asks reads how long ago that was.

Files in the data folder, which all processes share: they tell of a worker that is stuck also while
the database or the broker is what it is stuck on.
"""

import logging
import time
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)

BEAT = "beat"
EVENTS = "events"  # the worker of this queue, as are the others
COMPUTE = "compute"
TRAINING = "training"


def _file(name: str) -> Path:
    return Path(settings.DATA_DIR) / "heartbeats" / name


def leave_heartbeat(name: str) -> None:
    """Note that this part is at work now; a disk that refuses is logged, not raised."""
    path = _file(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        log.warning("heartbeat not left name=%s: %s", name, error)


def heartbeat_age_s(name: str) -> float | None:
    """Return how many seconds ago this part was at work, None when it never was."""
    try:
        return max(0.0, time.time() - _file(name).stat().st_mtime)
    except OSError:
        return None
