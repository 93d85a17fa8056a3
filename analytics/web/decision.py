"""The decision: what the analysis recommends, what a person decided, and the report it froze."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from analytics.web.times import moment_in
from experiments.lifecycle import Status
from experiments.models import DecisionRecord, Experiment

TONES = {"won": "good", "lost": "idle", "broken": "bad"}
OVER = (Status.ENDED, Status.ARCHIVED)


@dataclass(frozen=True, slots=True)
class DecisionView:
    """The panel: the recommendation beside the record, or the way to one."""

    recommended: str
    outcome: str
    tone: str
    shipped: str
    reason: str
    follow_up: str
    who: str
    when: str
    kept: str
    has_snapshot: bool
    is_over: bool
    url: str


def decision_of(
    experiment: Experiment, results: Mapping[str, Any], *, may_decide: bool
) -> DecisionView:
    """Return the decision as the page shows it; `url`: where a person may record one, else ""."""
    record = record_of(experiment)
    is_over = experiment.status in OVER
    is_open = record is None and is_over and may_decide
    verdict = results.get("verdict") or {}
    return DecisionView(
        recommended=str(verdict.get("headline", "")).rstrip("."),
        outcome=record.get_outcome_display() if record else "",
        tone=TONES.get(record.outcome, "idle") if record else "idle",
        shipped=record.shipped_variant.name if record and record.shipped_variant else "",
        reason=record.reason if record else "",
        follow_up=record.follow_up if record else "",
        who=record.actor if record else "",
        when=f"{record.at:%-d %b %Y}" if record else "",
        kept=_kept(experiment, record),
        has_snapshot=bool(record and record.analysis.get("results")),
        is_over=is_over,
        url=reverse("admin:experiments_experiment_decide", args=[experiment.pk]) if is_open else "",
    )


def record_of(experiment: Experiment) -> DecisionRecord | None:
    """Return what was decided, None while nothing was."""
    rows = DecisionRecord.objects.filter(experiment=experiment)
    return rows.select_related("shipped_variant").first()


def _kept(experiment: Experiment, record: DecisionRecord | None) -> str:
    """Return which analysis is kept with the record."""
    if record is None or not record.analysis.get("id"):
        return ""
    at = moment_in(experiment.site, record.analysis["data_cut_us"])
    return f"analysis {record.analysis['id']}, as of {at.day} {at:%b %Y, %H:%M}"
