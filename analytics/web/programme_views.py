"""The screens of the programme: all experiments of the reader's sites together."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views import View

from analytics.models import Metric
from analytics.programme.entries import Entry, Filter, Programme, programme_of
from analytics.web.programme import effect_of, programme_view
from analytics.web.views import ReportDetail
from experiments.access import can_somewhere, sites_of
from experiments.lifecycle import Status
from experiments.models import Experiment
from experiments.roles import Action
from experiments.scoping import within
from experiments.spreadsheets import safe_cell

KEY = "programme"
HEADER = (
    "site", "experiment", "name", "owner", "status", "started", "decided", "verdict", "outcome",
    "shipped", "primary_metric", "lift", "lift_se",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """A filter with its values: (value, text, whether it is chosen)."""

    name: str
    label: str
    values: tuple[tuple[str, str, bool], ...]


class ProgrammePage(LoginRequiredMixin, View):
    """Every experiment with its verdict, how many win, how fast, what it brought, what collides."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Return the page; with a site in the address, the report of an experiment so called."""
        if "site" in request.GET:
            return ReportDetail.as_view()(request, key=KEY)
        mine, chosen = _mine(request, Action.VIEW), Filter.of(request.GET.dict())
        context = {
            "page_name": "programme",
            "view": programme_view(programme_of(mine, chosen), timezone.now().date()),
            "offers": _offers(request, mine, chosen),
            "has_role": can_somewhere(request.user, Action.VIEW),
            "may_export": can_somewhere(request.user, Action.ANALYSE),
            "query": _query(chosen),
        }
        return render(request, "analytics/programme.html", context)


class ProgrammeCsv(LoginRequiredMixin, View):
    """The table of the programme as CSV, of the sites where the reader may export."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return one row per experiment; text cells cannot become formulas.

        Whoever may export nowhere gets the header alone.
        """
        programme = programme_of(_mine(request, Action.ANALYSE), Filter.of(request.GET.dict()))
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_NONNUMERIC).writerows(_rows(programme))
        response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="programme.csv"'
        return response


def _mine(request: HttpRequest, action: Action) -> QuerySet[Experiment]:
    return within(Experiment.objects.all(), request.user, action)


def _rows(programme: Programme) -> Iterator[list[Any]]:
    yield list(HEADER)
    for entry in programme.entries:
        yield [*_names(entry), *_figures(entry, programme)]


def _names(entry: Entry) -> list[str]:
    experiment = entry.experiment
    owner = experiment.owner.get_username() if experiment.owner else ""
    texts = (experiment.site.slug, experiment.key, experiment.name, owner, experiment.status)
    return [safe_cell(text) for text in texts]


def _figures(entry: Entry, programme: Programme) -> list[Any]:
    effect, started = effect_of(entry), entry.experiment.started_at
    return [
        f"{started:%Y-%m-%d}" if started else "",
        f"{entry.decided_at:%Y-%m-%d}" if entry.decided_at else "",
        safe_cell(entry.headline),
        entry.outcome,
        safe_cell(entry.shipped),
        safe_cell(programme.primaries.get(entry.experiment.pk, "")),
        effect.lift if effect else "",
        effect.se if effect else "",
    ]


def _offers(request: HttpRequest, mine: QuerySet[Experiment], chosen: Filter) -> tuple[Offer, ...]:
    """Return the filters, each with what there is to choose among the reader's experiments."""
    sites = [(site.slug, site.name) for site in sites_of(request.user, Action.VIEW)]
    owners = mine.exclude(owner=None).values_list("owner__username", flat=True)
    tags = within(Metric.objects.all(), request.user, Action.VIEW).values_list("tags", flat=True)
    named = sorted({tag for each in tags for tag in each or []})
    return (
        _offer("in", "Site", sites, chosen.site),
        _offer("owner", "Owner", [(o, o) for o in sorted(set(owners))], chosen.owner),
        _offer("tag", "Metric’s tag", [(tag, tag) for tag in named], chosen.tag),
        _offer("status", "Status", [(s.value, s.value) for s in Status], chosen.status),
    )


def _offer(name: str, label: str, values: list[tuple[str, str]], chosen: str) -> Offer:
    return Offer(name, label, tuple((value, text, value == chosen) for value, text in values))


def _query(chosen: Filter) -> str:
    """Return the filter as part of an address."""
    values = {"in": chosen.site, "owner": chosen.owner, "tag": chosen.tag, "status": chosen.status}
    kept = {name: value for name, value in values.items() if value}
    return f"?{urlencode(kept)}" if kept else ""
