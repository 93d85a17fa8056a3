"""Breakers that are not closed, told by each serving process in a file, for health and metrics.

The processes share the data folder and no memory, and a request that finds a recommender too slow
must not wait for the database as well.
"""

import json
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from recommenders.serving.breaker import Cause

log = logging.getLogger(__name__)

# With visitors an open breaker lets one try every half minute, and that is told anew; what was not
# told for so long is of a process that ended, or of a site that nobody visits.
STALE_S = 300.0

Open = Mapping[tuple[int, str], Cause]


def tell(found: Open) -> None:
    """Write down which breakers of this process are not closed."""
    path = _folder() / f"{os.getpid()}.json"
    told = [[site_id, key, cause] for (site_id, key), cause in found.items()]
    temporary = path.with_suffix(".new")
    try:
        path.parent.mkdir(exist_ok=True)
        temporary.write_text(json.dumps(told))
        temporary.replace(path)
    except OSError as error:  # a full disk must not stop serving
        log.warning("breakers not told: %s", error)


def open_breakers() -> dict[tuple[int, str], Cause]:
    """Return why recommenders are left alone in some process, by site and key, in their order."""
    found: dict[tuple[int, str], Cause] = {}
    for path in _folder().glob("*.json"):
        try:
            if time.time() - path.stat().st_mtime < STALE_S:
                told = json.loads(path.read_text())
                found |= {(site_id, key): Cause(cause) for site_id, key, cause in told}
        except (OSError, ValueError):  # written or removed meanwhile
            continue
    return dict(sorted(found.items()))


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "breakers"
