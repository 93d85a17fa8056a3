"""The library: past experiments, what was decided, and what was learnt."""

from dataclasses import dataclass

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from experiments.access import sites_of
from experiments.admin.panel import report_url
from experiments.library import library
from experiments.models import DecisionRecord, Experiment
from experiments.roles import Action
from experiments.web.moments import day_text

PER_PAGE = 20
LONGEST_SEARCH = 200
TONES = {"won": "good", "lost": "idle", "broken": "bad"}


@dataclass(frozen=True, slots=True)
class Past:
    """A decided experiment: the outcome, why, and what follows."""

    name: str
    key: str
    url: str
    where: str
    hypothesis: str
    outcome: str
    tone: str
    shipped: str
    reason: str
    follow_up: str
    who: str
    when: str
    report_url: str


def library_page(request: HttpRequest) -> HttpResponse:
    """Show decided experiments of the person's sites, the latest decision first."""
    search = request.GET.get("q", "")[:LONGEST_SEARCH]
    rows = library(sites_of(request.user, Action.VIEW), search)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **admin.site.each_context(request),
        "title": "Library of past experiments",
        "past": [past_of(row) for row in page],
        "page_of": page,
        "search": search,
        "more": urlencode({"q": search}) if search else "",
    }
    return TemplateResponse(request, "experiments/library.html", context)


def past_of(experiment: Experiment) -> Past:
    """Return an experiment as the library shows it; it has to be decided."""
    record: DecisionRecord = experiment.decision_record
    return Past(
        name=experiment.name,
        key=experiment.key,
        url=reverse("admin:experiments_experiment_change", args=[experiment.pk]),
        where=f"{experiment.place}, {experiment.site.name}",
        hypothesis=experiment.hypothesis or _change(experiment),
        outcome=record.outcome,
        tone=TONES.get(record.outcome, "idle"),
        shipped=record.shipped_variant.name if record.shipped_variant else "",
        reason=record.reason,
        follow_up=record.follow_up,
        who=record.actor,
        when=day_text(record.at, experiment.site),
        report_url=report_url(experiment) if experiment.started_at else "",
    )


def _change(experiment: Experiment) -> str:
    return f"If {experiment.hypothesis_change}" if experiment.hypothesis_change else ""
