"""The report screens, for people with a role in the experiment's site."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from analytics import selectors, services
from analytics.exports.media import file_name
from analytics.exports.table import csv_rows, json_body
from analytics.models import Analysis
from analytics.tasks import compute_analysis
from analytics.trust.looks import note_look
from analytics.web.exports import exports_of
from analytics.web.faces import listed_verdict, status_tone
from analytics.web.page import ReportPage, frozen_page, report_page
from analytics.web.times import moment_text
from experiments.access import can, can_somewhere
from experiments.errors import ArmatureError
from experiments.intake.hints import queue_on_commit
from experiments.models import Experiment
from experiments.roles import Action
from experiments.scoping import within

PER_PAGE = 50


class SeveralSites(Exception):
    """A key that exists in more than one site."""

    def __init__(self, experiments: list[Experiment]) -> None:
        super().__init__("several sites have this experiment")
        self.experiments = experiments


def find_experiment(request: HttpRequest, key: str, action: Action = Action.VIEW) -> Experiment:
    """Return the experiment of a key, of the site in `?site=` when several have it.

    Sites where the reader may not look have none: Http404, as for a key that nobody has. Raises
    PermissionDenied when the reader may look there, but not do this.
    """
    keyed = Experiment.objects.filter(key=key).select_related("site", "placement")
    rows = within(keyed, request.user, Action.VIEW)
    if site := request.GET.get("site"):
        # PostgreSQL refuses a text with NUL; no site is called so.
        rows = rows.filter(site__slug=site.replace("\0", "\ufffd"))
    found = list(rows[:100])
    if not found:
        raise Http404(f"There is no experiment {key!r}.")
    if len(found) > 1:
        raise SeveralSites(found)
    if not can(request.user, action, found[0].site_id):
        raise PermissionDenied
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
            context = {"page_name": "reports", "rows": rows}
            return render(request, "analytics/choose.html", context, status=300)


@dataclass(frozen=True, slots=True)
class ListRow:
    """One experiment in the list."""

    name: str
    key: str
    site: str
    url: str
    status: str
    status_tone: str
    tone: str
    verdict: str
    as_of: str


def list_row(experiment: Any) -> ListRow:
    """Return the row of an experiment that carries its newest verdict."""
    tone, verdict = listed_verdict(
        experiment.newest_status, experiment.verdict_state, experiment.verdict_headline
    )
    cut_us = experiment.ready_cut_us
    return ListRow(
        name=experiment.name,
        key=experiment.key,
        site=experiment.site.name,
        url=report_url(experiment),
        status=experiment.status,
        status_tone=status_tone(experiment.status),
        tone=tone,
        verdict=verdict,
        as_of="" if cut_us is None else moment_text(experiment, cut_us),
    )


class ReportList(LoginRequiredMixin, View):
    """The experiments of the reader's sites, with the state of their newest analysis."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return one page of the list, newest first; a page that does not exist is the nearest."""
        mine = within(selectors.experiments_with_verdicts(), request.user, Action.VIEW)
        page = Paginator(mine, PER_PAGE).get_page(request.GET.get("page"))
        context = {
            "page_name": "reports",
            "is_list": True,
            "page": page,
            "rows": [list_row(experiment) for experiment in page],
            "has_role": can_somewhere(request.user, Action.VIEW),
            "may_edit": can_somewhere(request.user, Action.EDIT),
        }
        return render(request, "analytics/list.html", context)


class ReportDetail(ReportView):
    """The report of one experiment."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Return the page, whatever state the newest analysis is in."""
        experiment = find_experiment(request, key)
        note_look(experiment=experiment, reader=request.user.get_username())
        page = self.page(request, experiment)
        context = {
            "page_name": "reports",
            "page": page,
            "exports": exports_of(request, page),
            "status_tone": status_tone(experiment.status),
            "may_analyse": can(request.user, Action.ANALYSE, experiment.site_id),
            "clone_url": clone_url(request.user, experiment),
        }
        return render(request, "analytics/report.html", context)

    def page(self, request: HttpRequest, experiment: Experiment) -> ReportPage:
        """Return the report as it is now."""
        may_decide = may_record(request.user, experiment)
        return report_page(experiment, request.GET.dict(), may_decide=may_decide)


class ReportFrozen(ReportDetail):
    """The report as it was read when the experiment was decided."""

    def page(self, request: HttpRequest, experiment: Experiment) -> ReportPage:
        """Return the report that the decision kept; raises Http404 when it kept none."""
        page = frozen_page(experiment, request.GET.dict())
        if page is None:
            raise Http404("No decision has kept a report of this experiment.")
        return page


def clone_url(user: Any, experiment: Experiment) -> str:
    """Return where somebody repeats an experiment, "" for whoever may not."""
    if not user.is_staff or not can(user, Action.EDIT, experiment.site_id):
        return ""
    return reverse("admin:experiments_experiment_clone", args=[experiment.pk])


def may_record(user: Any, experiment: Experiment) -> bool:
    """Tell whether somebody may record the decision, which is done in the admin."""
    return bool(user.is_staff) and can(user, Action.DECIDE, experiment.site_id)


class ReportRefresh(ReportView):
    """Requests a fresh analysis."""

    def post(self, request: HttpRequest, key: str) -> HttpResponseRedirect:
        """Queue an analysis and go back to the report; says why when there can be none."""
        experiment = find_experiment(request, key, Action.ANALYSE)
        try:
            with transaction.atomic():
                analysis = services.request_analysis(experiment=experiment)
                queue_on_commit(compute_analysis, analysis.pk)
        except ArmatureError as refused:
            messages.error(request, f"No report was computed: {refused}.")
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
        # Shown by browsers; kept, it has the name under which the notebook looks for it.
        name = file_name(analysis.experiment, ".json")
        headers = {"Content-Disposition": f'inline; filename="{name}"'}
        return JsonResponse(json_body(analysis), json_dumps_params={"indent": 1}, headers=headers)


class ReportCsv(ReportView):
    """The metric table as CSV."""

    def get(self, request: HttpRequest, key: str) -> HttpResponse:
        """Return one row per metric and variant; text cells cannot become formulas."""
        experiment = find_experiment(request, key)
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_NONNUMERIC).writerows(
            csv_rows(ready_analysis(experiment).report)
        )
        response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
        name = f"{experiment.site.slug}-{experiment.key}.csv"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
