"""A process that goes one way each time it is told to, so that its memory is its own.

Told by lines on standard input; answers each with a line of JSON.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import django

KIB_OF_MIB = 1024


def main() -> None:
    """Go the way that is named, once for each line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from benchmarks._analysis.paths import PATHS

    run = PATHS[sys.argv[1]]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _line in sys.stdin:
        start = time.perf_counter()
        told = run()
        took_s = time.perf_counter() - start
        sys.stdout.write(json.dumps({"s": took_s, "peak_mib": _peaks(), **told}) + "\n")
        sys.stdout.flush()


def _peaks() -> dict[str, float]:
    """Return the most memory that this process held, and the server's process that answers it."""
    peaks = {"process": _peak_mib("self")}
    from django.db import connection

    if connection.connection is not None:
        backend = str(connection.connection.info.backend_pid)
        peaks["server"] = _peak_mib(backend)
    return peaks


def _peak_mib(process: str) -> float:
    status: dict[str, Any] = dict(
        line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines()
    )
    return int(status["VmHWM"].split()[0]) / KIB_OF_MIB


if __name__ == "__main__":
    main()
