"""Does the report find what was planted? Many small demonstrations, each a fresh installation."""

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError

from config.demo.seeds import Run, markdown, summary
from config.driving.background import bar, console_on, free_port
from config.running import ROOT

PUBLISHED = tuple(range(1, 21))


class Command(BaseCommand):
    """Runs the demonstration for the published seeds and for some drawn now."""

    help = "Run small demonstrations over many seeds; print how often the interval holds the truth."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take how many seeds, how large each run is, and where the table goes."""
        parser.add_argument("--seeds", type=int, default=len(PUBLISHED), help="published ones")
        parser.add_argument("--drawn", type=int, default=3, help="seeds drawn now")
        parser.add_argument("--visitors", type=int, default=4_000)
        parser.add_argument("--days", type=int, default=14)
        parser.add_argument("--json", type=Path, help="write every run to a file")
        parser.add_argument("--markdown", type=Path, help="write the tables to a file")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run one seed after another and print the tables."""
        published = PUBLISHED[: options["seeds"]]
        drawn = [secrets.randbelow(2**31) for _ in range(options["drawn"])]
        console = console_on(self.stdout)
        runs = []
        with bar("Demonstrations", len(published) + len(drawn)) as advance:
            for seed in [*published, *drawn]:
                runs.append(_run(seed, options["visitors"], options["days"]))
                held = sum(row.is_inside for row in runs[-1].lifts)
                console.print(f"seed {seed}: {held} of {len(runs[-1].lifts)} intervals hold")
                advance(1)
        first, last = runs[: len(published)], runs[len(published) :]
        console.print(summary("Published seeds", first))
        console.print(summary(f"Seeds drawn now: {', '.join(map(str, drawn))}", last))
        _write(options, first, last)


def _write(options: dict[str, Any], published: Sequence[Run], drawn: Sequence[Run]) -> None:
    if options["json"]:
        document = {"published": published, "drawn": drawn}
        options["json"].write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1))
    if options["markdown"]:
        options["markdown"].write_text(markdown(published, drawn))


def _run(seed: int, visitors: int, days: int) -> Run:
    """Return what one demonstration found, run in an installation that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run.json"
        size = ("--visitors", str(visitors), "--days", str(days))
        what = ("--exit", "--seed", str(seed), "--port", str(free_port()), "--json", str(out))
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "demo", *what, *size],
            env={**os.environ, "ARMATURE_DATA_DIR": folder},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode or not out.exists():
            raise CommandError(f"the demonstration of seed {seed} failed:\n{done.stderr[-2000:]}")
        return msgspec.json.decode(out.read_bytes(), type=Run)
