"""The report page as its template shows it: every number already written, no arithmetic left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analytics import selectors, services
from analytics.models import Analysis
from analytics.stats.formats import number, percent
from analytics.web.faces import Face, Said, said
from analytics.web.findings import FindingView, SplitRow, criteria_of, findings_of, split_rows
from analytics.web.rows import GroupView, groups_of
from experiments.clock import EPOCH, zone
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
    waiting: str
    source: str


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Everything on the page; the face says in which state it is shown."""

    experiment: Experiment
    face: Face
    said: Said
    criteria: tuple[FindingView, ...]
    variants: tuple[VariantView, ...]
    groups: tuple[GroupView, ...]
    findings: tuple[FindingView, ...]
    split: tuple[SplitRow, ...]
    is_withheld: bool
    analysis: Analysis | None
    pending: Analysis | None
    failed: Analysis | None
    as_of: str
    facts: FactsView | None


def report_page(experiment: Experiment) -> ReportPage:
    """Return the page of an experiment's newest analysis, with what is newer and not ready."""
    newest = selectors.analyses_of(experiment).filter(phase=experiment.phase).first()
    ready = selectors.latest_ready(experiment)
    pending = newest if newest and newest.status in {"queued", "computing"} else None
    failed = newest if newest and newest.status == "failed" else None
    results: Mapping[str, Any] = ready.report if ready else {}
    face = _face(experiment, ready, pending, failed)
    verdict = results.get("verdict") or {}
    is_withheld = verdict.get("state") == "withheld"
    return ReportPage(
        experiment=experiment,
        face=face,
        said=said(face, experiment, results),
        criteria=criteria_of(verdict) if face in {Face.READY, Face.EMPTY} else (),
        variants=_variants(results),
        groups=groups_of(results) if results else (),
        findings=findings_of(results) if results else (),
        split=split_rows(results) if is_withheld and face is Face.READY else (),
        is_withheld=is_withheld,
        analysis=ready,
        pending=pending,
        failed=failed,
        as_of=moment_text(experiment, ready.data_cut_us) if ready else "",
        facts=_facts(experiment, results) if results else None,
    )


def _face(
    experiment: Experiment,
    ready: Analysis | None,
    pending: Analysis | None,
    failed: Analysis | None,
) -> Face:
    """Return which face the page shows: failed, computing, missing, stale, empty or ready."""
    if failed:
        return Face.FAILED
    if ready is None:
        return Face.COMPUTING if pending else Face.MISSING
    if services.settings_hash(services.analysis_settings(experiment)) != ready.settings_hash:
        return Face.STALE
    has_units = any(variant["units"] for variant in (ready.results or {})["variants"])
    return Face.READY if has_units else Face.EMPTY


def _variants(results: Mapping[str, Any]) -> tuple[VariantView, ...]:
    rows = results.get("variants", [])
    units, weights = sum(row["units"] for row in rows), sum(row["weight"] for row in rows)
    return tuple(
        VariantView(
            name=row["name"],
            mark=min(index, 4),
            units=number(row["units"]),
            share=percent(row["units"] / units) if units else "–",
            configured=percent(row["weight"] / weights),
            width=f"{100 * row['units'] / units:.2f}%" if units else "0%",
        )
        for index, row in enumerate(rows)
    )


def _facts(experiment: Experiment, results: Mapping[str, Any]) -> FactsView:
    """Return the key facts as they were when the report was computed."""
    monitoring, monitoring_help = MONITORING_WORDS[results["monitoring"]]
    start = results["from_us"]
    moments = [_in_zone(experiment, at) for at in (start, results["until_us"])] if start else []
    days = "day" if results["window_days"] == 1 else "days"
    return FactsView(
        days=f"{results['days']} of {results['planned_days']} days",
        period=" – ".join(f"{moment.day} {moment:%b %Y}" for moment in moments),
        window=f"{results['window_days']} {days} from first exposure",
        unit_type=UNIT_WORDS[results["unit_type"]],
        monitoring=monitoring,
        monitoring_help=monitoring_help,
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


def moment_text(experiment: Experiment, at_us: int) -> str:
    """Return a moment in the site's own zone; a template would turn it to the server's."""
    moment = _in_zone(experiment, at_us)
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M} {experiment.site.timezone}"


def _in_zone(experiment: Experiment, at_us: int) -> datetime:
    """Return a moment in the site's zone."""
    return (EPOCH + timedelta(microseconds=at_us)).astimezone(zone(experiment.site.timezone))
