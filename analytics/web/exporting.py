"""The files that a report can be taken away as; where one cannot be made, the page says why."""

import logging
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import DatabaseError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from analytics.errors import AnalyticsError
from analytics.exports.drawing.page import drawings_of, svg_of
from analytics.exports.media import ARROW, PARQUET, file_name
from analytics.exports.paper import pdf_file
from analytics.exports.renderers import png_of
from analytics.exports.report_file import html_file
from analytics.exports.services import export_units
from analytics.exports.tidy import parquet_file
from analytics.web.page import ReportPage, report_page
from analytics.web.views import ReportView, find_experiment, ready_analysis, report_url
from experiments.errors import ArmatureError
from experiments.models import Experiment
from experiments.roles import Action

log = logging.getLogger(__name__)

REFUSALS = (AnalyticsError, ArmatureError, DatabaseError, OSError)


class ExportView(ReportView):
    """A file made of the newest analysis."""

    action = Action.VIEW

    def get(self, request: HttpRequest, key: str, **kwargs: Any) -> Any:
        """Return the file; where it cannot be made, the report with the reason."""
        experiment = find_experiment(request, key, self.action)
        ready_analysis(experiment)
        try:
            return self.file(request, experiment, **kwargs)
        except REFUSALS as refused:
            log.warning("export failed experiment=%d: %s", experiment.pk, type(refused).__name__)
            messages.error(request, f"The file could not be made. {refused}")
            return redirect(report_url(experiment))

    def file(self, request: HttpRequest, experiment: Experiment, *args: Any, **kwargs: Any) -> Any:
        """Return the answer that carries the file."""
        raise NotImplementedError


def attached(body: bytes | str, kind: str, experiment: Experiment, ending: str) -> HttpResponse:
    """Return an answer that a browser saves rather than shows."""
    name = file_name(experiment, ending)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type=kind, headers=headers)


def page_of(request: HttpRequest, experiment: Experiment) -> ReportPage:
    """Return the page as the reader sees it, with nothing to press."""
    return report_page(experiment, request.GET.dict())


class ReportParquet(ExportView):
    """The metric table as Parquet."""

    def file(self, request: HttpRequest, experiment: Experiment) -> HttpResponse:
        """Return one row per metric and variant."""
        body = parquet_file(ready_analysis(experiment))
        return attached(body, PARQUET, experiment, ".parquet")


class ReportHtml(ExportView):
    """The whole report as one file."""

    def file(self, request: HttpRequest, experiment: Experiment) -> HttpResponse:
        """Return a page that opens from a disk."""
        body = html_file(page_of(request, experiment), at=timezone.now())
        return attached(body, "text/html; charset=utf-8", experiment, ".html")


class ReportPdf(ExportView):
    """The whole report on paper."""

    def file(self, request: HttpRequest, experiment: Experiment) -> HttpResponse:
        """Return the report as PDF."""
        body = pdf_file(page_of(request, experiment))
        return attached(body, "application/pdf", experiment, ".pdf")


class ReportChart(ExportView):
    """One chart of the report."""

    def file(
        self, request: HttpRequest, experiment: Experiment, chart: str, form: str
    ) -> HttpResponse:
        """Return the chart as SVG or PNG; raises Http404 on a chart that the page lacks."""
        drawings = {each.name: each for each in drawings_of(page_of(request, experiment))}
        if chart not in drawings or form not in FORMS:
            raise Http404(f"The report has no chart {chart!r} as {form!r}.")
        make, kind = FORMS[form]
        return attached(make(svg_of(drawings[chart])), kind, experiment, f"-{chart}.{form}")


FORMS: dict[str, tuple[Callable[[str], bytes | str], str]] = {
    "svg": (str, "image/svg+xml"),
    "png": (png_of, "image/png"),
}


class ReportUnits(ExportView):
    """Every unit that the analysis counted."""

    action = Action.ANALYSE

    def file(self, request: HttpRequest, experiment: Experiment) -> FileResponse:
        """Return the frame of units as Arrow, read from disk as the reader takes it."""
        actor = request.user.get_username()
        file = export_units(analysis=ready_analysis(experiment), actor=actor)
        name = file_name(experiment, "-units.arrow")
        return FileResponse(file, as_attachment=True, filename=name, content_type=ARROW)
