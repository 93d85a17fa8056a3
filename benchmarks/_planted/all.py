"""Everything that is simulated: planned first, then run by several processes at a time."""

import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from django.core.management import call_command
from django.db import connection

from benchmarks._planted import figures
from benchmarks._planted.figures import FORMS, Figure, Form, Truth
from benchmarks._planted.planning import Planned, plan_on, site_with_past, spread_error
from benchmarks._planted.processes import Place, outcomes_of
from benchmarks._planted.runs import Plan
from benchmarks._planted.shop import HEAVY, NOTHING, USUAL, Effect
from benchmarks._planted.study import DAYS, METRICS, Outcome, Study
from benchmarks._planted.tasks import BROKEN, DRAINED, PLANTED, WATCHED, Part, Task
from benchmarks._planted.truth import planted, values_of

UNITS, WATCHED_UNITS = 1_600, 2_400
HEAVY_EFFECT = Effect(clicks=0.02, buys=1.15, median=1.1)
T = TypeVar("T")
Section = tuple[str, list[Figure]]


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is simulated: runs of a study, broken splits, units of a plan's past, processes."""

    experiments: int
    splits: int
    past: int
    workers: int

    @property
    def on_postgresql(self) -> int:
        """Return how many of the runs with an effect PostgreSQL reads."""
        return max(1, self.experiments // 20)

    @property
    def drained(self) -> int:
        """Return how many runs go through inbox and drain as well."""
        return max(1, self.experiments // 200)


@dataclass(frozen=True, slots=True)
class Studies:
    """The studies of a seed, and what was planned of them."""

    planned: Planned
    sequential: Planned
    usual: Study
    heavy: Study
    aa: Study
    watched: Study


def everything(amount: Amount, seed: int, folder: Path, keep: Path | None = None) -> list[Section]:
    """Return the figures by section; needs an empty installation in the folder.

    `keep`: a file for what every run came to.
    """
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()
    empty = folder / "empty.sqlite3"
    shutil.copy(connection.settings_dict["NAME"], empty)
    studies = _timed("planned", lambda: plan_studies(amount.past, seed))
    tasks = tasks_of(studies, amount, seed)
    found = _timed("simulated", lambda: outcomes_of(tasks, folder, empty))
    if keep:
        keep.write_text(json.dumps(found))
    return sections_of(studies, found, amount, seed)


def plan_studies(n_past: int, seed: int) -> Studies:
    """Return the studies, whose effects are those that the planner says the units show."""
    site = site_with_past("planned", USUAL, n_past, np.random.default_rng([seed, 1]))
    fixed, watched = Plan(UNITS, DAYS), Plan(WATCHED_UNITS, DAYS, "always_valid")
    planned, sequential = plan_on(site, fixed), plan_on(site, watched)
    usual = _effect(planned, UNITS)
    aimed = replace(fixed, mde={key: _lift(planned, key) for key in METRICS})
    return Studies(
        planned,
        sequential,
        Study("usual", USUAL, usual, aimed),
        Study("heavy", HEAVY, HEAVY_EFFECT, fixed),
        Study("aa", USUAL, NOTHING, watched),
        Study("watched", USUAL, _effect(sequential, WATCHED_UNITS), watched),
    )


def _effect(planned: Planned, n_units: int) -> Effect:
    return planted(
        USUAL,
        clicks=planned.effect("ctr", n_units),
        conversion=planned.effect("conversion", n_units),
        revenue=planned.effect("revenue_per_unit", n_units, is_raw=True),
    )


def _lift(planned: Planned, metric: str) -> float:
    is_raw = metric == "revenue_per_unit"
    return planned.effect(metric, UNITS, is_raw=is_raw) / values_of(USUAL).of(metric)


def tasks_of(studies: Studies, amount: Amount, seed: int) -> list[tuple[Place, Task]]:
    """Return what each process does: the runs in equal parts, one more of them on PostgreSQL."""
    n, workers = amount.experiments, amount.workers
    sent = replace(studies.usual, shop=replace(USUAL, bought_before=0.0), name="sent")
    kinds = (
        (PLANTED, studies.usual, n - amount.on_postgresql),
        (PLANTED, studies.heavy, n // 2),
        (WATCHED, studies.aa, n),
        (WATCHED, studies.watched, n // 4),
        (BROKEN, studies.aa, amount.splits),
    )
    tasks = [
        (Place.SQLITE, Task((seed, 2, place), _parts(kinds, place, workers)))
        for place in range(workers)
    ]
    on_postgresql = (
        Part(PLANTED, studies.usual, amount.on_postgresql),
        Part(DRAINED, sent, amount.drained),
    )
    return [*tasks, (Place.POSTGRESQL, Task((seed, 3), on_postgresql))]


def _parts(kinds: Sequence[tuple[str, Study, int]], place: int, of: int) -> tuple[Part, ...]:
    return tuple(Part(kind, study, _share(count, place, of)) for kind, study, count in kinds)


def _share(count: int, place: int, of: int) -> int:
    return count // of + (place < count % of)


def sections_of(
    studies: Studies, outcomes: Sequence[Outcome], amount: Amount, seed: int
) -> list[Section]:
    """Return what is told of the outcomes, each table with its title."""
    by_study: dict[str, list[Outcome]] = {}
    for each in outcomes:
        by_study.setdefault(each["study"], []).append(each)
    usual, heavy = by_study["usual"], by_study["heavy"]
    truth = Truth(USUAL, studies.usual.effect, seed)
    return [
        (
            f"Coverage of 95 % ranges, {UNITS:,} units",
            figures.coverage(usual, truth, side=lambda _form: 0),
        ),
        (
            f"Coverage with heavy tails, {UNITS:,} units",
            figures.coverage(heavy, Truth(HEAVY, HEAVY_EFFECT, seed), side=_of_heavy),
        ),
        (f"Power of a fixed horizon, {UNITS:,} units", _power(studies, usual, truth, amount)),
        (
            "Verdicts on what rises by as much as was planned for",
            figures.verdicts(usual, wrong=("stop", "no_meaningful_gain"), most=0.025),
        ),
        (
            f"Nothing planted, read on each of {DAYS} days, always-valid",
            figures.watching(by_study["aa"]),
        ),
        (
            "Planted, read every day, always-valid: found by the last",
            _sequential(by_study["watched"]),
        ),
        ("Split of 51 to 49 among 100,000 units, flagged", figures.splits(by_study["broken"])),
    ]


def _of_heavy(form: Form) -> int | None:
    """Return how coverage is judged where tails are heavy: raw revenue is told only."""
    return None if form.name == "revenue per unit, raw" else 0


def _power(
    studies: Studies, outcomes: Sequence[Outcome], truth: Truth, amount: Amount
) -> list[Figure]:
    planned, errors = {}, {}
    for form in FORMS:
        is_raw = form.kind == "raw"
        cap = None if is_raw else studies.planned.judged[form.metric].cap
        effect = truth.effect_on(form.metric, cap)
        planned[form.name] = studies.planned.power(form.metric, effect, UNITS, is_raw=is_raw)
        if form.metric == "revenue_per_unit":
            errors[form.name] = spread_error(USUAL, cap, amount.past, planned[form.name])
    return figures.power(outcomes, planned, errors)


def _sequential(outcomes: Sequence[Outcome]) -> list[Figure]:
    return [
        figures.share_of(f"{key}", (each["found"][key] for each in outcomes), 0.8, -1)
        for key in METRICS
    ]


def _timed(what: str, work: Callable[[], T]) -> T:
    start = time.monotonic()
    done = work()
    sys.stderr.write(f"{what} in {time.monotonic() - start:.0f} s\n")
    return done
