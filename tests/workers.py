"""What each of several test processes has for itself; a plug-in, so it runs before the settings.

pytest-xdist names its processes gw0, gw1 …; pytest-django gives each a database of its own. Here
each gets a data folder and, on servers, three of Redis's databases: broker, cache, and the broker
of the installation that a test starts.
"""

import os
import re
from collections.abc import MutableMapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

REDIS_SHARE = 3
MOST_WORKERS = 8  # each takes up to 1 GiB


def numbered(url: str, by: int) -> str:
    """Return a Redis URL with its database number raised by `by`."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{int(parts.path.strip('/') or 0) + by}"))


def set_apart(env: MutableMapping[str, str]) -> None:
    """Change a test process's variables so that it shares nothing with the others of its run."""
    found = re.fullmatch(r"gw(\d+)", env.get("PYTEST_XDIST_WORKER", ""))
    if not found:
        return
    if data_dir := env.get("ARMATURE_DATA_DIR"):
        env["ARMATURE_DATA_DIR"] = str(Path(data_dir) / found[0])
        # The static file server warns when it is missing.
        (Path(data_dir) / found[0] / "static").mkdir(parents=True, exist_ok=True)
    for name in ("ARMATURE_BROKER_URL", "ARMATURE_CACHE_URL"):
        if env.get(name, "").startswith("redis:"):
            env[name] = numbered(env[name], REDIS_SHARE * int(found[1]))


set_apart(os.environ)
