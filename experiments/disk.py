"""Making the disk hold what was written before anybody is told that it is there."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until the disk holds a file's content, or a folder's names.

    A file's own sync says nothing of the folder that lists it: sync both. Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
