"""The last good copy of the configuration on disk: what a process begins with in need."""

import logging
import os
from pathlib import Path

import msgspec
from django.conf import settings

from experiments.snapshot.specs import Snapshot

log = logging.getLogger(__name__)


def _copy_path() -> Path:
    return Path(settings.DATA_DIR) / "snapshot.json"


def keep_copy(snapshot: Snapshot) -> None:
    """Write the last good copy, atomically; a disk that refuses must not stop the service."""
    try:
        _replace(_copy_path(), msgspec.json.encode(snapshot))
    except (OSError, ValueError) as error:
        log.error("configuration not copied to disk: %s", error)


def _replace(path: Path, content: bytes) -> None:
    """Put the content in the file's place; it lists key digests, so only this user may read it."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600, exist_ok=False)
    temporary.write_bytes(content)
    temporary.replace(path)


def restore() -> Snapshot | None:
    """Return the last good copy from disk, None when there is none that can be read."""
    try:
        return msgspec.json.decode(_copy_path().read_bytes(), type=Snapshot)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        log.error("the configuration's copy on disk cannot be read: %s", error)
        return None
