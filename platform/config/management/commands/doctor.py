"""`./armature manage doctor`: every health check, a line each, with what mends it beside it."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from experiments.health.checks import health_checks, worst
from experiments.registries import HealthCheck

MARKS = {"ok": "ok      ", "degraded": "degraded", "failed": "FAILED  "}


class Command(BaseCommand):
    """Says what is wrong and how to mend it; ends with 1 when a check failed."""

    help = "Run every health check; each line says how a part is and what mends it."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the form of the answer."""
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the checks and print them."""
        checks = health_checks()
        if options["json"]:
            body = {"status": worst(checks), "checks": [asdict(check) for check in checks]}
            self.stdout.write(json.dumps(body, indent=2))
        else:
            width = max(len(check.name) for check in checks)
            for check in checks:
                self.stdout.write(_line(check, width))
        if worst(checks) == "failed":
            raise SystemExit(1)


def _line(check: HealthCheck, width: int) -> str:
    fix = f"\n{'':<{width + 10}} fix: {check.fix}" if check.fix else ""
    return f"{MARKS[check.state]} {check.name:<{width}}  {check.detail}{fix}"
