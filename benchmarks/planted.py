"""`./armature bench planted`: effects that were planted, and what the reports make of them.

Made-up shops whose truth is known: units come, the product assigns them, their rows are written as
the drain writes them, and its own statements, comparisons, trust gate and verdict read each run. A
part goes through PostgreSQL, a part through inbox and drain. Ends with 1 when a figure strays
further from what it should be than chance allows.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import django

EXPERIMENTS, SPLITS = 2_000, 300
QUICK = 60


def main(arguments: Sequence[str]) -> int:
    """Simulate, print tables, write JSON; 1 when a figure strays, but for a quick run."""
    options = _parser().parse_args(arguments)
    if options.quick:
        options.experiments, options.splits, options.past = QUICK, 2, 5_000
    with tempfile.TemporaryDirectory(prefix="armature-bench-") as name:
        is_fine = _measure(options, Path(name))
    return 0 if is_fine or options.quick else 1


def _measure(options: argparse.Namespace, folder: Path) -> bool:
    os.environ |= {
        "DATABASE_URL": f"sqlite:///{folder / 'planned.sqlite3'}",
        "ARMATURE_DATA_DIR": str(folder / "planned"),
        "ARMATURE_LOG_LEVEL": "WARNING",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    django.setup()
    # These read tables, so that an installation has to be there.
    from benchmarks._planted.all import Amount, everything
    from benchmarks._planted.tables import markdown, page

    amount = Amount(options.experiments, options.splits, options.past, options.workers)
    sections = everything(amount, options.seed, folder, options.keep)
    sys.stdout.write(markdown(sections) + "\n")
    if options.markdown:
        options.markdown.write_text(page(sections, amount, options.seed))
    if options.json:
        told = {title: [asdict(figure) for figure in part] for title, part in sections}
        options.json.write_text(json.dumps(told, indent=2) + "\n")
    return all(figure.is_within for _title, part in sections for figure in part)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="armature bench planted", description=__doc__)
    parser.add_argument("--experiments", type=int, default=EXPERIMENTS)
    parser.add_argument("--splits", type=int, default=SPLITS, help="runs of 100,000 units")
    parser.add_argument("--past", type=int, default=200_000, help="units that a plan is made of")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a few runs: does it run at all?")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the page about it")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write what every run came to")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    return parser
