"""Everything that is measured of one number of items, in order."""

import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks._recommenders.aims import WRAPPING, Found, found_in, found_of
from benchmarks._recommenders.asking import (
    BLOCK,
    Asked,
    block_cases,
    online_cases,
    require_agreement,
)
from benchmarks._recommenders.bare import Plain
from benchmarks._recommenders.memory import Held, held_by_workers
from benchmarks._recommenders.serving import saved, whole_lists
from benchmarks._recommenders.shop import Shop, Size, a_shop
from benchmarks._recommenders.training import (
    Trained,
    als_cases,
    cosine_cases,
    lightfm_cases,
)
from config.bench import Case, Report, Settings, measure
from recommenders.artifacts import load_artifact

LIST_ITEMS = 6_000_000  # scored a repeat by what takes one product a list
SLOW_SHARE = 10  # how many fewer lists `LightFM.predict` makes


@dataclass(frozen=True)
class Effort:
    """How often things are repeated, and how much is learned.

    LightFM learns once: a fit takes long, and what it costs to wrap it is told by its own clock.
    """

    repeats: int = 7
    fits: int = 3
    epochs: int = 3
    iterations: int = 1
    seed: int = 1


@dataclass
class Run:
    """What was found of one number of items."""

    size: Size
    interactions: int
    reports: list[Report] = field(default_factory=list)
    aims: list[Found] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)

    def note(self, report: Report) -> None:
        """Take in a report with the aims that it speaks of."""
        self.reports.append(report)
        self.aims += found_in(report)


def run_of(size: Size, effort: Effort, data_dir: Path) -> Run:
    """Return everything of one size; needs an installation in `data_dir`."""
    shop = a_shop(size, effort.seed)
    run = Run(size, len(shop.data.item))
    trained = Trained(shop, effort.seed)
    for report in _learning(trained, effort):
        run.note(report)
    run.aims.insert(0, found_of(WRAPPING, [1 + share for share in trained.outside]))
    assert trained.ours is not None  # its case has been run
    path, sha256 = saved(shop, trained.ours, data_dir)
    run.held = _memory(trained.engine, data_dir, path, sha256)
    asked = _asked(trained, data_dir, path, sha256)
    # One thread on all sides: requests beside each other are what processors are for.
    with threadpool_limits(1):
        require_agreement(asked)
        for name, cases in (("one list", online_cases(asked)), ("blocks", block_cases(asked))):
            run.note(measure(f"{name}, {_items(size)}", cases, Settings(effort.repeats)))
    return run


def _items(size: Size) -> str:
    return f"{size.n_items:,} items".replace(",", " ")


def _learning(trained: Trained, effort: Effort) -> list[Report]:
    groups: list[tuple[str, int, list[Case]]] = [
        ("LightFM, an epoch", 1, lightfm_cases(trained, effort.epochs)),
        ("item neighbours, a fit", effort.fits, cosine_cases(trained)),
        ("ALS, an iteration", effort.fits, als_cases(trained, effort.iterations)),
    ]
    assert trained.shop.data.matrix.nnz  # summed once, before anything is timed
    return [
        measure(
            f"{name}, {_items(trained.shop.size)}",
            cases,
            Settings(fits, effort.seed),
            warm_up=False,
        )
        for name, fits, cases in groups
    ]


def _memory(engine: Any, data_dir: Path, path: str, sha256: str) -> list[Held]:
    """Return what workers hold; this process must not have the artifact open meanwhile."""
    file = data_dir / f"{path}.pickle"
    file.write_bytes(pickle.dumps(engine))
    ours = held_by_workers("ours, mapped", ["artifact", str(data_dir / path), sha256])
    return [*ours, *held_by_workers("LightFM, unpickled", ["pickle", str(file)])]


def _asked(trained: Trained, data_dir: Path, path: str, sha256: str) -> Asked:
    shop: Shop = trained.shop
    biases, factors = trained.engine.get_item_representations()
    _biases, units = trained.engine.get_user_representations()
    ones = np.ones((len(units), 1), np.float32)
    seen = shop.data.matrix
    known = np.flatnonzero(np.diff(seen.indptr))
    fast = max(LIST_ITEMS // shop.size.n_items, BLOCK)
    return Asked(
        artifact=load_artifact(data_dir / path, sha256=sha256),
        engine=trained.engine,
        als=trained.als,
        plain=Plain(
            np.ascontiguousarray(np.hstack([units, ones]), np.float32),
            np.ascontiguousarray(np.column_stack([factors, biases]), np.float32),
            seen,
        ),
        serve=whole_lists(shop, path, sha256),
        units=np.random.default_rng(trained.seed).choice(known, min(fast, len(known)), False),
        fast=fast,
        slow=max(fast // SLOW_SHARE, 2),
    )
