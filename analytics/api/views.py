"""Analyses: list, request, read."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import services
from analytics.models import Analysis
from analytics.tasks import compute_analysis
from experiments.api.authentication import key_of
from experiments.api.experiments import experiment_of
from experiments.api.lists import SiteList
from experiments.errors import NotFound
from experiments.intake.hints import queue_on_commit


@extend_schema_field({"type": ["object", "null"]})
class ResultsField(serializers.JSONField):
    """An object, or null: described alone, "anything" and "or null" would both fit null."""


class AnalysisSerializer(serializers.ModelSerializer[Analysis]):
    """One stored analysis with all it takes to compute it again."""

    experiment = serializers.SlugRelatedField[Any](slug_field="key", read_only=True)
    results = ResultsField(read_only=True)

    class Meta:
        model = Analysis
        fields = [
            "id",
            "experiment",
            "phase",
            "status",
            "settings",
            "settings_hash",
            "data_cut_us",
            "code_version",
            "results",
            "moments",
            "sql",
            "error",
            "created_at",
            "finished_at",
        ]


class AnalysisList(SiteList[Analysis]):
    """The analyses of one experiment, newest first."""

    scope = "analyses"
    serializer_class = AnalysisSerializer

    def rows(self, site_id: int) -> QuerySet[Analysis]:
        """Return the analyses of an experiment of the key's site."""
        experiment = experiment_of(self.request, self.kwargs["key"])
        return Analysis.objects.filter(experiment=experiment).select_related("experiment")

    @extend_schema(request=None, responses={202: AnalysisSerializer})
    def post(self, request: Request, key: str) -> Response:
        """Request a fresh analysis; poll it until its status is ready or failed."""
        with transaction.atomic():
            analysis = services.request_analysis(experiment=experiment_of(request, key))
            queue_on_commit(compute_analysis, analysis.pk)
        return Response(AnalysisSerializer(analysis).data, status=202)


class AnalysisDetail(APIView):
    """One analysis."""

    scope = "analyses"

    @extend_schema(responses=AnalysisSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return the analysis; results are null until it is ready."""
        analysis = (
            Analysis.objects.filter(pk=pk, experiment__site_id=key_of(request).site_id)
            .select_related("experiment")
            .first()
        )
        if analysis is None:
            raise NotFound(f"unknown analysis {pk}")
        return Response(AnalysisSerializer(analysis).data)
