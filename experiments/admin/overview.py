"""The first page: what runs, what waits, and the way to a new experiment."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from experiments.access import can_somewhere
from experiments.admin.panel import TONES, day_text, report_url
from experiments.lifecycle import Status
from experiments.models import Experiment, Quarantine
from experiments.roles import Action
from experiments.scoping import within

ORDER = [Status.RUNNING, Status.PAUSED, Status.SCHEDULED, Status.REVIEW, Status.DRAFT]
SHOWN = 20
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


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the open experiments and the refused events that this person may see."""
    user: Any = request.user
    if can_somewhere(user, Action.EDIT):
        context["new_url"] = reverse("admin:experiments_experiment_add")
    if can_somewhere(user, Action.VIEW):
        context["experiments"] = _open_experiments(user)
        context["show_experiments"] = True
        since = timezone.now() - timedelta(days=7)
        refused = Quarantine.objects.filter(received_at__gte=since)
        context["n_refused"] = within(refused, user, Action.VIEW).count()
        context["refused_url"] = reverse("admin:experiments_quarantine_changelist")
    return context


def _open_experiments(user: Any) -> list[Row]:
    open_ones = Experiment.objects.filter(status__in=ORDER).select_related("site", "placement")
    rows = within(open_ones, user, Action.VIEW)
    found = sorted(rows[:200], key=lambda row: ORDER.index(Status(row.status)))
    return [_row(experiment) for experiment in found[:SHOWN]]


def _row(experiment: Experiment) -> Row:
    return Row(
        name=experiment.name,
        url=reverse("admin:experiments_experiment_change", args=[experiment.pk]),
        status=experiment.status,
        tone=TONES[Status(experiment.status)],
        where=f"{experiment.place}, {experiment.site.name}",
        run=day_text(experiment),
        report_url=report_url(experiment) if experiment.started_at else "",
    )
