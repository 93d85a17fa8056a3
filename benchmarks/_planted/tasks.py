"""A part of a study as a task: what a process is told, and what it does."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks._planted.drained import drained_runs
from benchmarks._planted.planning import site_with_past
from benchmarks._planted.runs import Plan, a_site
from benchmarks._planted.shop import Effect, Shop
from benchmarks._planted.studies import broken_runs, planted_runs, watched_runs
from benchmarks._planted.study import Outcome, Study

PLANTED, WATCHED, BROKEN, DRAINED = "planted", "watched", "broken", "drained"
WATCHED_PAST = 3_000  # units before the start, of whom a watched run takes its caps


@dataclass(frozen=True, slots=True)
class Part:
    """So many runs of a study, each kind simulated its own way."""

    kind: str
    study: Study
    count: int


@dataclass(frozen=True, slots=True)
class Task:
    """What one process does; the same seed simulates the same."""

    seed: tuple[int, ...]
    parts: tuple[Part, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the task JSON-ready."""
        return asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Task":
        """Return the task that `to_dict` told."""
        return cls(tuple(told["seed"]), tuple(_part(each) for each in told["parts"]))


def _part(told: Mapping[str, Any]) -> Part:
    study = told["study"]
    return Part(
        told["kind"],
        Study(
            study["name"], Shop(**study["shop"]), Effect(**study["effect"]), Plan(**study["plan"])
        ),
        told["count"],
    )


def run_task(task: Task) -> Iterator[Outcome]:
    """Yield the outcome of each run, a study after the other."""
    for place, part in enumerate(task.parts):
        rng = np.random.default_rng([*task.seed, place])
        yield from _run(part, f"{part.kind}-{place}", rng)


def _run(part: Part, slug: str, rng: np.random.Generator) -> Iterator[Outcome]:
    study = part.study
    if part.kind == PLANTED:
        return planted_runs(study, a_site(slug), part.count, rng)
    if part.kind == WATCHED:
        site = site_with_past(slug, study.shop, WATCHED_PAST, rng)
        return watched_runs(study, site, part.count, rng)
    if part.kind == DRAINED:
        return drained_runs(study, a_site(slug), a_site(f"{slug}-sent"), part.count, rng)
    return broken_runs(a_site(slug), part.count, rng)
