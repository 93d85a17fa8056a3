"""The report screens, for people who signed in."""

import csv
import io
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from analytics import selectors, services
from analytics.models import Analysis
from analytics.tasks import compute_analysis
from analytics.web.export import csv_rows
from analytics.web.page import report_page
from experiments.hints import queue_on_commit
from experiments.models import Experiment


class SeveralSites(Exception):
    """A key that exists in more than one site."""

    def __init__(self, experiments: list[Experiment]) -> None:
        super().__init__("several sites have this experiment")
        self.experiments = experiments


def find_experiment(request: HttpRequest, key: str) -> Experiment:
    """Return the experiment of a key, of the site in `?site=` when several have it."""
    rows = Experiment.objects.filter(key=key).select_related("site", "placement")
    if site := request.GET.get("site"):
        rows = rows.filter(site__slug=site)
    found = list(rows[:100])
    if not found:
        raise Http404(f"There is no experiment {key!r}.")
    if len(found) > 1:
        raise SeveralSites(found)
    return found[0]


def report_url(experiment: Experiment, name: str = "detail") -> str:
    """Return the address of an experiment's report, with its site."""
    return f"{reverse(f'reports:{name}', args=[experiment.key])}?site={experiment.site.slug}"


class ReportView(LoginRequiredMixin, View):
    """A screen of one experiment; asks which site is meant when its key is not unique."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer, or let the reader choose among several sites."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except SeveralSites as several:
            rows = [(row, report_url(row)) for row in several.experiments]
            return render(request, "analytics/choose.html", {"rows": rows}, status=300)


class ReportList(LoginRequiredMixin, View):
    """All experiments with the state of their newest analysis."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the list, newest first."""
        experiments = Experiment.objects.select_related("site").order_by("-id")[:200]
        latest: dict[int, Analysis] = {}
        wanted = [experiment.pk for experiment in experiments]
        for row in Analysis.objects.filter(
            experiment__in=wanted, status=Analysis.Status.READY
        ).order_by("id"):
            latest[row.experiment_id] = row
        rows = [(e, report_url(e), latest.get(e.pk)) for e in experiments]
        return render(request, "analytics/list.html", {"rows": rows})


class ReportDetail(ReportView):
    """The report of one experiment."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Return the page, whatever state the newest analysis is in."""
        experiment = find_experiment(request, key)
        return render(request, "analytics/report.html", {"page": report_page(experiment)})


class ReportRefresh(ReportView):
    """Requests a fresh analysis."""

    def post(self, request: HttpRequest, key: str) -> HttpResponseRedirect:
        """Queue an analysis and go back to the report."""
        experiment = find_experiment(request, key)
        with transaction.atomic():
            analysis = services.request_analysis(experiment=experiment)
            queue_on_commit(compute_analysis, analysis.pk)
        return redirect(report_url(experiment))


def ready_analysis(experiment: Experiment) -> Analysis:
    """Return the newest analysis with results; raises Http404 when there is none."""
    analysis = selectors.latest_ready(experiment)
    if analysis is None:
        raise Http404("There is no analysis yet; refresh the report first.")
    return analysis


class ReportJson(ReportView):
    """The report's numbers as JSON."""

    def get(self, request: HttpRequest, key: str) -> JsonResponse:
        """Return results, moments, settings and statement of the newest analysis."""
        analysis = ready_analysis(find_experiment(request, key))
        body = {
            "analysis": analysis.pk,
            "settings": analysis.settings,
            "settings_hash": analysis.settings_hash,
            "code_version": analysis.code_version,
            "data_cut_us": analysis.data_cut_us,
            "results": analysis.results,
            "moments": analysis.moments,
            "sql": analysis.sql,
        }
        return JsonResponse(body, json_dumps_params={"indent": 1})


class ReportCsv(ReportView):
    """The metric table as CSV."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Return one row per metric and variant; text cells cannot become formulas."""
        experiment = find_experiment(request, key)
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_NONNUMERIC).writerows(
            csv_rows(ready_analysis(experiment).results or {})
        )
        response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
        name = f"{experiment.site.slug}-{experiment.key}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
