"""What the page of an evaluation shows: its state, its tables, and what they say."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from experiments.web.moments import ago, moment_text
from recommenders.evaluation.definitions import (
    GROUP_WORDS,
    METRICS,
    PRIMARY,
    Definition,
)
from recommenders.evaluation.findings import FEWEST, findings, ranked
from recommenders.evaluation.results import Figure, Paired, Results, Row, results_from
from recommenders.models import Evaluation, Recommender
from recommenders.services.evaluating import LEASE

LATE = timedelta(days=14)  # so much older, the site's events tell another story
SILENT = timedelta(minutes=2)  # queued for longer, no worker takes it
NOTHING = "–"
FIRST = (PRIMARY, "precision", "recall", "mrr", "hit_rate", "answered")
MARKS = {"better": ("good", "better"), "worse": ("bad", "worse"), "": ("idle", "not told apart")}


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure with its interval below it, "" without one; `label` names it in narrow windows."""

    label: str
    value: str
    interval: str


@dataclass(frozen=True, slots=True)
class Against:
    """The difference to popularity: a tone and a word that say the same, then the numbers."""

    tone: str
    word: str
    detail: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One recommender in a group."""

    name: str
    algorithm: str
    cells: tuple[Cell, ...]
    more: tuple[Cell, ...]
    against: Against | None


@dataclass(frozen=True, slots=True)
class GroupView:
    """One group of units: what its table says, and the table."""

    key: str
    title: str
    units: str
    said: str
    rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True)
class RunView:
    """What a recommender took, or why it gave nothing."""

    name: str
    algorithm: str
    fit: str
    score: str
    error: str


@dataclass(frozen=True, slots=True)
class EvaluationView:
    """An evaluation on the page. `state`: waiting, stopped, failed or ready."""

    pk: int
    state: str
    title: str
    asked: str
    stage: str
    share: int
    error: str
    stale: tuple[str, ...]
    facts: tuple[str, ...]
    groups: tuple[GroupView, ...]
    runs: tuple[RunView, ...]


def heads(keys: tuple[str, ...]) -> list[Definition]:
    """Return the definitions of some figures, in this order."""
    by_key = {each.key: each for each in METRICS}
    return [by_key[key] for key in keys]


def more_keys() -> tuple[str, ...]:
    """Return the figures of the second table."""
    return tuple(each.key for each in METRICS if each.key not in FIRST)


def evaluation_view(row: Evaluation, now: datetime) -> EvaluationView:
    """Return an evaluation as the page shows it."""
    results = results_from(row.results) if row.results else None
    return EvaluationView(
        pk=row.pk,
        state=state_of(row, now),
        title=f"Asked {ago(row.created_at, now)}" + (f" by {row.actor}" if row.actor else ""),
        asked=asked_text(row),
        stage=row.stage or "Waiting for the worker",
        share=round(100 * (row.share or 0)),
        error=row.error,
        stale=tuple(_stale(row, now)) if results else (),
        facts=tuple(_facts(row, results)) if results else (),
        groups=tuple(_group(results, *found) for found in findings(results)) if results else (),
        runs=tuple(_runs(results)) if results else (),
    )


def state_of(row: Evaluation, now: datetime) -> str:
    """Return which of the page's states an evaluation is in."""
    if row.status in (Evaluation.Status.READY, Evaluation.Status.FAILED):
        return str(row.status)
    patience = LEASE if row.status == Evaluation.Status.COMPUTING else SILENT
    return "stopped" if now - row.last_sign_at > patience else "waiting"


def asked_text(row: Evaluation) -> str:
    """Return in a sentence what was asked."""
    split = row.get_split_display()
    if row.split == Evaluation.Split.TIME:
        days = f" of {row.window_days} days" if row.window_days else ""
        split += f", {row.folds} window{'s' if row.folds != 1 else ''}{days}"
    seen = "what was seen is left out" if row.remove_seen else "what was seen may be listed"
    names = ", ".join(each["name"] for each in row.contenders)
    return (
        f"{names}; split {split}; lists of {row.k}; wanted is {row.get_wanted_display()};"
        f" {seen}; events until {moment_text(row.until, row.site)}."
    )


def _stale(row: Evaluation, now: datetime) -> list[str]:
    """Return why the figures may no longer hold."""
    found = []
    if now - row.until > LATE:
        found.append(f"it saw events until {moment_text(row.until, row.site)} only")
    if row.code_version != settings.VERSION:
        found.append(f"it was computed by version {row.code_version}")
    kept = {each["name"]: each["settings"] for each in row.contenders}
    rows = Recommender.objects.filter(site=row.site, key__in=kept)
    changed = [each.key for each in rows if each.settings != kept[each.key]]
    if changed:
        found.append(f"settings of {', '.join(changed)} have changed since")
    return found


def _facts(row: Evaluation, results: Results) -> list[str]:
    facts, found = results.facts, []
    for fold in range(len(facts["units"])):
        asked = [(group, counts[fold]) for group, counts in facts["asked"].items() if counts[fold]]
        found.append(
            f"Learned from {facts['interactions'][fold]:,} interactions of"
            f" {facts['units'][fold]:,} units with {facts['items'][fold]:,} items; asked about "
            + ", ".join(f"{count:,} {group}" for group, count in asked)
            + f" units, who wanted {facts['wanted'][fold]:,} items."
        )
    return found


def _group(results: Results, group: str, said: str) -> GroupView:
    rows = ranked([row for row in results.rows if row.group == group])
    algorithms = {run.name: run.algorithm for run in results.runs}
    return GroupView(
        key=group,
        title=GROUP_WORDS[group],
        units=f"{rows[0].n_units:,} unit{'' if rows[0].n_units == 1 else 's'}",
        said=said,
        rows=tuple(_row(row, algorithms[row.name]) for row in rows),
    )


def _row(row: Row, algorithm: str) -> TableRow:
    return TableRow(
        name=row.name,
        algorithm=algorithm if algorithm != row.name else "",
        cells=tuple(_cell(each, row.figures[each.key]) for each in heads(FIRST)),
        more=tuple(_cell(each, row.figures[each.key]) for each in heads(more_keys())),
        against=_against(row.against, row.n_units),
    )


def _cell(definition: Definition, figure: Figure) -> Cell:
    if figure.value is None:
        return Cell(definition.name, NOTHING, "")
    interval = ""
    if figure.low is not None and figure.high is not None:
        interval = f"{figure.low:.3f} to {figure.high:.3f}"
    return Cell(definition.name, f"{figure.value:.4f}", interval)


def _against(against: Paired | None, n_units: int) -> Against | None:
    if against is None:
        return None
    p = "p < 0.001" if against.p_adjusted < 0.001 else f"p = {against.p_adjusted:.3f}"
    detail = f"{against.difference:+.4f}, {against.low:+.4f} to {against.high:+.4f}, {p}"
    if n_units < FEWEST:
        return Against("idle", "too few units", detail)
    return Against(*MARKS[against.mark], detail)


def _runs(results: Results) -> list[RunView]:
    return [
        RunView(
            name=run.name,
            algorithm=run.algorithm,
            fit=NOTHING if run.fit_s is None else f"{run.fit_s:.2f} s",
            score=NOTHING if run.score_ms is None else f"{run.score_ms:.3f} ms",
            error=run.error,
        )
        for run in results.runs
    ]
