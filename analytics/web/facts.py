"""The key facts of a run: its variants' units beside their shares, its days, what was counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.stats.formats import number, percent
from analytics.web.charts import mark_of
from analytics.web.times import moment_in
from experiments.models import Experiment

MONITORING_WORDS = {
    "always_valid": ("Always valid", "95\u202f% ranges hold at every look"),
    "fixed": ("Fixed horizon", "read once, at the planned end"),
}
UNIT_WORDS = {"visitor": "visitors", "account": "accounts", "session": "sessions"}


@dataclass(frozen=True, slots=True)
class VariantView:
    """A variant's name with its mark and its units beside its configured share."""

    name: str
    mark: int
    units: str
    share: str
    configured: str
    width: str


@dataclass(frozen=True, slots=True)
class FactsView:
    """The key facts of the run that was analysed."""

    days: str
    period: str
    window: str
    unit_type: str
    monitoring: str
    monitoring_help: str
    is_always_valid: bool
    waiting: str
    source: str


def variants_of(results: Mapping[str, Any]) -> tuple[VariantView, ...]:
    """Return the variants with their units and shares."""
    rows = results.get("variants", [])
    units, weights = sum(row["units"] for row in rows), sum(row["weight"] for row in rows)
    return tuple(
        VariantView(
            name=row["name"],
            mark=mark_of(index),
            units=number(row["units"]),
            share=percent(row["units"] / units) if units else "–",
            configured=percent(row["weight"] / weights),
            width=f"{100 * row['units'] / units:.2f}%" if units else "0%",
        )
        for index, row in enumerate(rows)
    )


def facts_of(experiment: Experiment, results: Mapping[str, Any]) -> FactsView:
    """Return the key facts as they were when the report was computed."""
    monitoring, monitoring_help = MONITORING_WORDS[results["monitoring"]]
    start = results["from_us"]
    moments = (
        [moment_in(experiment.site, at) for at in (start, results["until_us"])] if start else []
    )
    days = "day" if results["window_days"] == 1 else "days"
    return FactsView(
        days=f"{results['days']} of {results['planned_days']} days",
        period=" – ".join(f"{moment.day} {moment:%b %Y}" for moment in moments),
        window=f"{results['window_days']} {days} from first exposure",
        unit_type=UNIT_WORDS[results["unit_type"]],
        monitoring=monitoring,
        monitoring_help=monitoring_help,
        is_always_valid=results["monitoring"] == "always_valid",
        waiting=_waiting(results["waiting"]),
        source=_source(results["metrics"]),
    )


def _waiting(batches: int) -> str:
    """Return what had been accepted and was not applied when the report was computed."""
    if not batches:
        return "All accepted events counted"
    return f"{number(batches)} accepted {'batch' if batches == 1 else 'batches'} not counted yet"


def _source(metrics: Sequence[Mapping[str, Any]]) -> str:
    """Return what the sums were read from; "" for an analysis of before there was a choice."""
    from_rows = [each for each in metrics if each.get("source") == "rows"]
    is_any_kept = any(each.get("source") == "rollup" for each in metrics)
    notes = [f"{each['name']}: {each['note']}" for each in metrics if each.get("note")]
    if not from_rows:
        return "Sums from rollups" if is_any_kept else ""
    named = f" for {', '.join(each['name'] for each in from_rows)}" if is_any_kept else ""
    why = f" (rollups failed: {'; '.join(notes)})" if notes else ""
    return f"Sums from the rows{named}{why}"
