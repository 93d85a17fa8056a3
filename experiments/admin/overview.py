"""The first page: what needs somebody, what runs, what waits, and what was decided last."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from experiments.access import can_somewhere, sites_of
from experiments.admin.panel import TONES, day_text, report_url
from experiments.library import library
from experiments.lifecycle import Status
from experiments.models import DecisionRecord, Experiment, Notice, Quarantine
from experiments.roles import Action
from experiments.scoping import within
from experiments.web.moments import day_text as day_of
from experiments.web.moments import moment_text

ORDER = [Status.RUNNING, Status.PAUSED, Status.SCHEDULED, Status.REVIEW, Status.DRAFT]
SHOWN = 20
MOST_NOTICES, MOST_DECISIONS = 5, 5
NOTICE_TONES = {"alarm": "bad", "warning": "warn", "info": "info"}
OUTCOME_TONES = {"won": "good", "broken": "bad"}
admin.site.index_title = "Overview"


@dataclass(frozen=True, slots=True)
class Row:
    """An experiment in the overview."""

    name: str
    url: str
    status: str
    tone: str
    where: str
    run: str
    report_url: str


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that needs somebody: what, since when, and where it is looked at."""

    title: str
    detail: str
    tone: str
    when: str
    url: str


@dataclass(frozen=True, slots=True)
class LastDecision:
    """A decision that was made lately."""

    name: str
    url: str
    outcome: str
    tone: str
    when: str


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what needs attention, the open experiments, and the last decisions of one's sites."""
    user: Any = request.user
    if can_somewhere(user, Action.EDIT):
        context["new_url"] = reverse("admin:experiments_experiment_add")
    if can_somewhere(user, Action.VIEW):
        context["attention"] = _attention(user)
        context["experiments"] = _open_experiments(user)
        context["decisions"] = _last_decisions(user)
        context["show_experiments"] = True
        since = timezone.now() - timedelta(days=7)
        refused = Quarantine.objects.filter(received_at__gte=since)
        context["n_refused"] = within(refused, user, Action.VIEW).count()
        context["refused_url"] = reverse("admin:experiments_quarantine_changelist")
    return context


def _attention(user: Any) -> list[Attention]:
    """Return what waits for somebody: approvals, undecided ends, notices nobody has seen."""
    return [*_waiting(user), *_notices(user)]


def _waiting(user: Any) -> list[Attention]:
    review = Experiment.objects.filter(status=Status.REVIEW, approved_by=None)
    ended = Experiment.objects.filter(status=Status.ENDED, decision_record=None)
    asked = [
        (within(review, user, Action.APPROVE), "waits for an approval", "Look at what was set up."),
        (within(ended, user, Action.DECIDE), "waits for a decision", "It has ended."),
    ]
    return [
        Attention(f"{row.name} {what}", detail, "info", "", _page(row))
        for rows, what, detail in asked
        for row in rows[:MOST_NOTICES]
    ]


def _notices(user: Any) -> list[Attention]:
    rows = Notice.objects.filter(resolved_at=None, seen_at=None)
    mine = within(rows.select_related("site", "experiment"), user, Action.VIEW)
    return [
        Attention(
            title=row.title,
            detail=row.detail,
            tone=NOTICE_TONES[row.severity],
            when=f"since {moment_text(row.at, row.site)}",
            url=reverse("admin:experiments_notice_change", args=[row.pk]),
        )
        for row in mine[:MOST_NOTICES]
    ]


def _open_experiments(user: Any) -> list[Row]:
    open_ones = Experiment.objects.filter(status__in=ORDER)
    fetched = open_ones.select_related("site", "placement", "own_layer")
    rows = within(fetched, user, Action.VIEW)
    found = sorted(rows[:200], key=lambda row: ORDER.index(Status(row.status)))
    return [_row(experiment) for experiment in found[:SHOWN]]


def _last_decisions(user: Any) -> list[LastDecision]:
    rows = library(sites_of(user, Action.VIEW))[:MOST_DECISIONS]
    return [_decision(row, row.decision_record) for row in rows]


def _decision(experiment: Experiment, record: DecisionRecord) -> LastDecision:
    return LastDecision(
        name=experiment.name,
        url=_page(experiment),
        outcome=record.outcome,
        tone=OUTCOME_TONES.get(record.outcome, "idle"),
        when=day_of(record.at, experiment.site),
    )


def _row(experiment: Experiment) -> Row:
    return Row(
        name=experiment.name,
        url=_page(experiment),
        status=experiment.status,
        tone=TONES[Status(experiment.status)],
        where=f"{experiment.place}, {experiment.site.name}",
        run=day_text(experiment),
        report_url=report_url(experiment) if experiment.started_at else "",
    )


def _page(experiment: Experiment) -> str:
    return reverse("admin:experiments_experiment_change", args=[experiment.pk])
