"""`./armature bench recommenders`: learning, lists and memory beside LightFM, implicit and numpy.

All learn from the same made-up shop and are asked with the same factors, of 20,000 and of 200,000
items; ours from an artifact that was saved, verified and mapped. Where a list is made, all sides
have one thread. Ratios are taken within one repeat. The lists that follow an act, and those of who
stands in, are told by the clock. Each size's aims stand at its end.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from recommenders.registry import missing

if TYPE_CHECKING:
    from benchmarks._recommenders.running import Run

SIZES = (20_000, 200_000)
PEERS = ("lightfm", "als")  # the names of ours that need them


def main(arguments: Sequence[str]) -> int:
    """Measure every size, print its tables, write JSON.

    1 when an aim is missed, but for a quick run, and 2 when a peer is not installed.
    """
    options = _parser().parse_args(arguments)
    for why in filter(None, map(missing, PEERS)):
        sys.stderr.write(f"bench: {why}\n")
        return 2
    # What is compared need not be installed to list the areas there are.
    from benchmarks._recommenders.serving import an_installation

    with tempfile.TemporaryDirectory(prefix="armature-bench-") as folder:
        an_installation(Path(folder))
        runs = list(_measured(options, Path(folder)))
    if options.json:
        options.json.write_text(json.dumps([asdict(run) for run in runs], indent=2) + "\n")
    missed = [each for run in runs for each in run.aims if not each.aim.is_met(each.ratio)]
    return 1 if missed and not options.quick else 0


def _measured(options: argparse.Namespace, folder: Path) -> Iterator["Run"]:
    """Yield what is found of each size, once its tables are printed."""
    # These read tables, so that an installation has to be there.
    from benchmarks._recommenders.report import tables
    from benchmarks._recommenders.running import Effort, run_of
    from benchmarks._recommenders.shop import Size

    effort, sizes = Effort(options.repeats, seed=options.seed), [Size(n) for n in options.items]
    if options.quick:
        effort = Effort(repeats=1, fits=1, epochs=1, iterations=1, seed=options.seed)
        sizes = [Size(1_000, n_units=500, draws=10_000, factors=8)]
    for size in sizes:
        run = run_of(size, effort, folder)
        sys.stdout.write(tables(run) + "\n")
        sys.stdout.flush()
        yield run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="armature bench recommenders", description=__doc__)
    parser.add_argument("--items", type=int, nargs="+", default=list(SIZES), metavar="N")
    parser.add_argument("--repeats", type=int, default=7, help="of making lists")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a tiny shop: does it run at all?")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    return parser
