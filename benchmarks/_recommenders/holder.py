"""A process that holds what serving needs and asks it once; started by `memory`.

Arguments: `artifact FOLDER SHA256` or `pickle FILE`. It says `ready` once everything was looked at,
tells on each line it gets what it holds, and ends with its input.
"""

import json
import pickle
import sys
from pathlib import Path

import lightfm  # noqa: F401 - so that both ways begin with the same libraries
import numpy as np

from recommenders.artifacts import load_artifact
from recommenders.base import Queries
from recommenders.registry import fitted_class

PAGES = Path("/proc/self/smaps")


def mapped_kib(folder: str) -> dict[str, int]:
    """Return the resident and the proportional set size of files below a folder, in KiB."""
    found, is_inside = {"Rss": 0, "Pss": 0}, False
    for line in PAGES.read_text().splitlines():
        name, _, value = line.partition(":")
        if "-" in name.partition(" ")[0]:  # the head of a mapping: addresses, ..., file
            is_inside = bool(folder) and f" {folder}/" in line
        elif is_inside and name in found:
            found[name] += int(value.split()[0])
    return found


def own_kib() -> int:
    """Return the anonymous memory of this process, which nobody shares, in KiB."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))


def main(kind: str, place: str, sha256: str = "") -> None:
    """Hold it until the input ends."""
    fitted_class("lightfm")
    before = own_kib()
    if kind == "artifact":
        held = load_artifact(Path(place), sha256=sha256)
        held.recommender.score(Queries(np.array([0])))
    else:
        held = pickle.loads(Path(place).read_bytes())
        held.predict(0, np.arange(len(held.item_biases), dtype=np.int32))
    print("ready", flush=True)
    for _line in sys.stdin:
        mapped = mapped_kib(place if kind == "artifact" else "")
        print(json.dumps({**mapped, "own": own_kib() - before}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
