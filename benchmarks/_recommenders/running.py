"""Everything that is measured of one number of items, in order."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks._recommenders.aims import (
    AFTER_AN_ACT,
    STOOD_IN,
    WRAPPING,
    Aim,
    Found,
    found_in,
    found_of,
)
from benchmarks._recommenders.asking import (
    BLOCK,
    Asked,
    block_cases,
    online_cases,
    require_agreement,
)
from benchmarks._recommenders.bare import Plain
from benchmarks._recommenders.memory import Held, held_by_workers
from benchmarks._recommenders.serving import KEY, Place, saved, state_of, whole_lists
from benchmarks._recommenders.shop import Shop, Size, a_shop
from benchmarks._recommenders.training import (
    Trained,
    als_cases,
    lightfm_cases,
    neighbour_cases,
)
from benchmarks._recommenders.waiting import Bench, Waited, after_acts, of_stand_ins
from config.bench import Case, Report, Settings, measure
from experiments.services import create_site
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
    waited: list[Waited] = field(default_factory=list)

    def note(self, report: Report) -> None:
        """Take in a report with the aims that it speaks of."""
        self.reports.append(report)
        self.aims += found_in(report)

    def note_waiting(self, aim: Aim, waited: Sequence[Waited]) -> None:
        """Take in how long lists took; the aim is about the slowest of all, in seconds."""
        self.waited += waited
        slowest = [each.slowest_ms / 1000 for each in waited]
        self.aims.append(Found(aim, max(slowest), min(slowest), max(slowest)))


def run_of(size: Size, effort: Effort, data_dir: Path) -> Run:
    """Return everything of one size; needs an installation in `data_dir`."""
    shop = a_shop(size, effort.seed)
    run = Run(size, len(shop.data.item))
    trained = Trained(shop, effort.seed)
    for report in _learning(trained, effort):
        run.note(report)
    run.aims.insert(0, found_of(WRAPPING, [1 + share for share in trained.outside]))
    places = _saved(trained, data_dir)
    run.held = _memory(trained.engine, data_dir, places[KEY])
    bench = _bench(shop, places)
    asked = _asked(trained, data_dir, places[KEY], bench)
    # One thread on all sides: requests beside each other are what processors are for.
    with threadpool_limits(1):
        require_agreement(asked)
        for name, cases in (("one list", online_cases(asked)), ("blocks", block_cases(asked))):
            run.note(measure(f"{name}, {_items(size)}", cases, Settings(effort.repeats)))
        run.note_waiting(AFTER_AN_ACT, list(after_acts(bench, asked.units.tolist())))
        run.note_waiting(STOOD_IN, list(of_stand_ins(bench, data_dir)))
    return run


def _saved(trained: Trained, data_dir: Path) -> dict[str, Place]:
    """Return where the artifacts of what the cases have fitted are, and popularity's."""
    trained.fit("popularity", {})
    return {
        name: saved(trained.shop, name, fitted, data_dir) for name, fitted in trained.fitted.items()
    }


def _bench(shop: Shop, places: dict[str, Place]) -> Bench:
    """Return the shop with a site of its own, where nobody has done anything yet."""
    site = create_site(slug=f"shop-{shop.size.n_items}", name="A made-up shop")
    return Bench(shop, site, state_of(shop, site.pk, places))


def _items(size: Size) -> str:
    return f"{size.n_items:,} items".replace(",", " ")


def _learning(trained: Trained, effort: Effort) -> list[Report]:
    groups: list[tuple[str, int, list[Case]]] = [
        ("LightFM, an epoch", 1, lightfm_cases(trained, effort.epochs)),
        ("item neighbours, a fit", effort.fits, neighbour_cases(trained)),
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


def _memory(engine: Any, data_dir: Path, place: Place) -> list[Held]:
    """Return what workers hold; this process must not have the artifact open meanwhile."""
    path, sha256 = place
    file = data_dir / f"{path}.pickle"
    file.write_bytes(pickle.dumps(engine))
    ours = held_by_workers("ours, mapped", ["artifact", str(data_dir / path), sha256])
    return [*ours, *held_by_workers("LightFM, unpickled", ["pickle", str(file)])]


def _asked(trained: Trained, data_dir: Path, place: Place, bench: Bench) -> Asked:
    shop, (path, sha256) = trained.shop, place
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
        serve=whole_lists(shop, bench.site.pk, bench.state),
        units=np.random.default_rng(trained.seed).choice(known, min(fast, len(known)), False),
        fast=fast,
        slow=max(fast // SLOW_SHARE, 2),
    )
