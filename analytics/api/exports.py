"""An analysis as files for programs: its metric table, and every unit that it counted."""

from typing import Any

from django.http import FileResponse, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from analytics.api.analyses import analysis_of
from analytics.exports.media import ARROW, PARQUET, file_name
from analytics.exports.services import export_units
from analytics.exports.tidy import parquet_file
from analytics.models import Analysis
from experiments.errors import NotFound


def finished_analysis(request: Request, pk: int) -> Analysis:
    """Return an analysis with results; raises NotFound on one without, saying what it is."""
    analysis = analysis_of(request, pk)
    if not analysis.results:
        raise NotFound(f"analysis {pk} is {analysis.status} and has no results")
    return analysis


class AnalysisFile(APIView):
    """A file of one analysis."""

    scope = "analyses"

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Answer whatever is accepted: the file has one form, and refusals are JSON."""
        return super().perform_content_negotiation(request, force=True)


class AnalysisTable(AnalysisFile):
    """The metric table of one analysis."""

    @extend_schema(responses={(200, PARQUET): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: int) -> HttpResponse:
        """Return a row per metric and variant as Parquet; its metadata names the settings."""
        analysis = finished_analysis(request, pk)
        name = file_name(analysis.experiment, ".parquet")
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(parquet_file(analysis), content_type=PARQUET, headers=headers)


class AnalysisUnits(AnalysisFile):
    """Every unit that one analysis counted."""

    @extend_schema(responses={(200, ARROW): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: int) -> FileResponse:
        """Return a row per unit as an Arrow file, ids as keyed hashes; it goes on record."""
        analysis = finished_analysis(request, pk)
        file = export_units(analysis=analysis, actor=str(request.user))
        name = file_name(analysis.experiment, "-units.arrow")
        return FileResponse(file, as_attachment=True, filename=name, content_type=ARROW)
