"""How far things are: the sample against its plan, and a computation that is under way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.models import Computation
from analytics.stats.formats import number, percent, short_percent
from analytics.web.planning.left import primary_left

DONE = {"ended": "The run is over.", "archived": "The run is over."}


@dataclass(frozen=True, slots=True)
class Meter:
    """A quantity against what was planned."""

    label: str
    text: str
    width: str
    is_full: bool


@dataclass(frozen=True, slots=True)
class ProgressView:
    """Both meters, a sentence on what is left, and one on what the primary metric needs."""

    meters: tuple[Meter, ...]
    left: str
    needs: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComputingView:
    """A computation under way: what it does now, and how much of it is done."""

    stage: str
    share: str
    width: str


def computing_of(analysis: Computation) -> ComputingView:
    """Return how far a computation is, as its worker last told."""
    share = min(1.0, max(0.0, analysis.share))
    waits = "waiting for a worker" if analysis.status == "queued" else "reading the rows"
    return ComputingView(
        stage=(analysis.stage or waits).capitalize(),
        share=percent(share, decimals=0),
        width=f"{100 * share:.0f}%",
    )


def progress_of(results: Mapping[str, Any]) -> ProgressView:
    """Return how far a run is; without a planned number of units, by its days alone."""
    units = sum(variant["units"] for variant in results["variants"])
    meters = [_meter("Days", results["days"], results["planned_days"])]
    if results["planned_units"]:
        meters.insert(0, _meter("Units", units, results["planned_units"]))
    verdict = results.get("verdict") or {}
    changes = tuple(verdict.get("would_change", ()))
    return ProgressView(tuple(meters), _left(results, verdict), primary_left(results), changes)


def _meter(label: str, seen: int, planned: int) -> Meter:
    share = seen / planned if planned else 1.0
    return Meter(
        label=label,
        text=f"{number(seen)} of {number(planned)}",
        width=f"{100 * min(1.0, share):.2f}%",
        is_full=share >= 1,
    )


def _left(results: Mapping[str, Any], verdict: Mapping[str, Any]) -> str:
    """Return in words how much longer it takes."""
    days = verdict.get("days_left")
    if results["status"] in DONE:
        return DONE[results["status"]]
    goal = f", planned to find {short_percent(results['mde'])}" if results["mde"] else ""
    if days is None and results["planned_days"] and results["days"] >= results["planned_days"]:
        return f"The planned days are over{goal}."
    if days is None:
        return f"How many days are left cannot be told yet{goal}."
    if days == 0:
        return f"No day is left{goal}."
    return f"About {number(days)} more {'day' if days == 1 else 'days'}{goal}."
