"""A process with a database of its own that simulates a part of the runs.

Reads one task as JSON from standard input and writes a line of JSON for each run.
"""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import django


def main() -> None:
    """Do the one task."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    for outcome in _outcomes(json.load(sys.stdin)):
        sys.stdout.write(json.dumps(outcome) + "\n")
        sys.stdout.flush()


def _outcomes(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    from benchmarks._planted.tasks import Task, run_task

    return run_task(Task.of(task))


if __name__ == "__main__":
    main()
