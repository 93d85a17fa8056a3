"""Several recommenders on the same folds: the table, with intervals, comparisons and times."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommenders.base import checked_settings
from recommenders.errors import EvaluationError
from recommenders.evaluation.beyond import ItemFacts, item_facts
from recommenders.evaluation.folds import Fold, Group
from recommenders.evaluation.intervals import DRAWS
from recommenders.evaluation.judging import judge
from recommenders.evaluation.results import Contender, Paired, Results, Row, Run
from recommenders.evaluation.tables import GROUPS, Ran, table_of
from recommenders.registry import make, recommender_class

BASELINE = Contender("popularity", "popularity")

Advance = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How lists are judged: their length, the seed of fits and draws, how many draws."""

    k: int = 10
    seed: int = 1
    draws: int = DRAWS


def with_baseline(contenders: Sequence[Contender]) -> list[Contender]:
    """Return the contenders, popularity first.

    Raises EvaluationError when two have one name, or another algorithm is called popularity.
    """
    names = [each.name for each in contenders]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise EvaluationError(f"two recommenders are called {twice[0]!r}")
    first = next((each for each in contenders if each.name == BASELINE.name), BASELINE)
    if first.algorithm != BASELINE.algorithm:
        raise EvaluationError(
            f"the recommender called popularity is {first.algorithm}",
            hint="Popularity is what all are measured by; give the other one another key.",
        )
    return [first, *(each for each in contenders if each is not first)]


def evaluate(
    folds: Sequence[Fold],
    contenders: Sequence[Contender],
    plan: Plan,
    *,
    advance: Advance = lambda _name, _count: None,
) -> Results:
    """Return how every contender does on every group of units; popularity is always among them.

    `advance`: called with who is at it and how many more questions it answered. What fails for
    one contender is told in its run, and the others go on. Raises EvaluationError when popularity
    itself fails.
    """
    facts = [item_facts(fold.data) for fold in folds]
    ran = [_run(each, folds, facts, plan, advance) for each in with_baseline(contenders)]
    if ran[0].error:
        raise EvaluationError(f"popularity, which all are measured by, failed: {ran[0].error}")
    rows, pairs = _judgement([each for each in ran if not each.error], folds, plan)
    return Results(
        k=plan.k,
        seed=plan.seed,
        baseline=ran[0].contender.name,
        facts=facts_of(folds),
        runs=[_run_of(each, folds) for each in ran],
        rows=rows,
        pairs=pairs,
    )


def _judgement(
    ran: Sequence[Ran], folds: Sequence[Fold], plan: Plan
) -> tuple[list[Row], dict[str, list[Paired]]]:
    rows: list[Row] = []
    pairs: dict[str, list[Paired]] = {}
    for name, groups in GROUPS.items():
        if table := table_of(ran, folds, groups):
            rows += table.rows(name, seed=plan.seed, draws=plan.draws)
            pairs[name] = table.every_pair()
    return rows, pairs


def _run(
    contender: Contender,
    folds: Sequence[Fold],
    facts: Sequence[ItemFacts],
    plan: Plan,
    advance: Advance,
) -> Ran:
    ran = Ran(contender)
    try:
        for fold, known in zip(folds, facts, strict=True):
            _run_fold(ran, fold, known, plan, advance)
    except Exception as error:  # noqa: BLE001 - a plug-in may fail in any way
        ran.error = f"{type(error).__name__}: {error}"[:500]
    return ran


def _run_fold(ran: Ran, fold: Fold, facts: ItemFacts, plan: Plan, advance: Advance) -> None:
    recommender = make(ran.contender.algorithm, ran.contender.settings)
    advance(ran.contender.name, 0)
    began = time.perf_counter()
    recommender.fit(fold.data, rng=np.random.default_rng(plan.seed))
    ran.fit_s.append(time.perf_counter() - began)
    ran.judged.append(
        judge(
            recommender,
            fold,
            facts,
            k=plan.k,
            advance=lambda count: advance(ran.contender.name, count),
        )
    )


def _run_of(ran: Ran, folds: Sequence[Fold]) -> Run:
    chosen, given = ran.contender, dict(ran.contender.settings)
    if ran.error:
        return Run(chosen.name, chosen.algorithm, given, None, None, ran.error)
    spent = sum(judged.score_s for judged in ran.judged)
    return Run(
        name=chosen.name,
        algorithm=chosen.algorithm,
        settings=checked_settings(given, recommender_class(chosen.algorithm).defaults),
        fit_s=float(np.mean(ran.fit_s)),
        score_ms=1000 * spent / sum(len(fold) for fold in folds),
    )


def facts_of(folds: Sequence[Fold]) -> dict[str, Any]:
    """Return what was learned from and asked, a list over the folds of each figure."""
    return {
        "interactions": [len(fold.data.item) for fold in folds],
        "units": [fold.data.n_units for fold in folds],
        "items": [fold.data.n_items for fold in folds],
        "cut_us": [fold.data.until_us for fold in folds],
        "wanted": [int(fold.wanted.nnz) for fold in folds],
        "unreachable": [fold.unreachable for fold in folds],
        "seen_removed": folds[0].hides_seen,
        "asked": {
            group.name.lower(): [int((fold.group == group).sum()) for fold in folds]
            for group in Group
        },
    }
