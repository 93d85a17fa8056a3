"""Analyses: list, request, read with progress, ask for again, take the sums out."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
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
from experiments.api.strict import StrictInput
from experiments.errors import NotFound
from experiments.intake.hints import queue_on_commit
from experiments.models import Experiment

HEAVY = ("results", "moments", "sql")  # a list of them would be megabytes


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
            "stage",
            "share",
            "attempt",
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


class AnalysisBrief(serializers.ModelSerializer[Analysis]):
    """One stored analysis without its numbers, as a list of many holds it."""

    experiment = serializers.SlugRelatedField[Any](slug_field="key", read_only=True)

    class Meta:
        model = Analysis
        fields = [name for name in AnalysisSerializer.Meta.fields if name not in HEAVY]


class AnalysisInput(StrictInput):
    """Which experiment to analyse."""

    experiment = serializers.CharField(max_length=80)


class SumsSerializer(serializers.ModelSerializer[Analysis]):
    """What an analysis was computed from: enough to compute every number of it elsewhere."""

    experiment = serializers.SlugRelatedField[Any](slug_field="key", read_only=True)

    class Meta:
        model = Analysis
        fields = [
            "id",
            "experiment",
            "phase",
            "settings",
            "settings_hash",
            "data_cut_us",
            "code_version",
            "moments",
            "sql",
        ]


class SiteAnalyses(SiteList[Analysis]):
    """The analyses of a site, newest first; `?experiment=`, `?status=` narrow them down."""

    scope = "analyses"
    serializer_class = AnalysisBrief

    def rows(self, site_id: int) -> QuerySet[Analysis]:
        """Return the site's analyses, those of one experiment or status if the address says so."""
        rows = Analysis.objects.filter(experiment__site_id=site_id).select_related("experiment")
        rows = rows.defer("results", "moments", "sql")
        if key := self.request.GET.get("experiment"):
            rows = rows.filter(experiment=experiment_of(self.request, key))
        if status := self.request.GET.get("status"):
            rows = rows.filter(status=status.replace("\0", ""))
        return rows

    @extend_schema(
        request=AnalysisInput,
        responses={202: AnalysisSerializer},
        examples=[
            OpenApiExample("of one experiment", {"experiment": "home-hybrid"}, request_only=True)
        ],
    )
    def post(self, request: Request) -> Response:
        """Request a fresh analysis; poll it until its status is ready or failed."""
        data = AnalysisInput(data=request.data)
        data.is_valid(raise_exception=True)
        return _requested(experiment_of(request, data.validated_data["experiment"]))


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
        return _requested(experiment_of(request, key))


def _requested(experiment: Experiment) -> Response:
    with transaction.atomic():
        analysis = services.request_analysis(experiment=experiment)
        queue_on_commit(compute_analysis, analysis.pk)
    return Response(AnalysisSerializer(analysis).data, status=202)


def analysis_of(request: Request, pk: int) -> Analysis:
    """Return one analysis of the key's site; raises NotFound, also for another site's."""
    rows = Analysis.objects.filter(pk=pk, experiment__site_id=key_of(request).site_id)
    analysis = rows.select_related("experiment__site").first()
    if analysis is None:
        raise NotFound(f"unknown analysis {pk}")
    return analysis


class AnalysisDetail(APIView):
    """One analysis."""

    scope = "analyses"

    @extend_schema(responses=AnalysisSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return the analysis; results are null until it is ready, `share` says how far it is."""
        return Response(AnalysisSerializer(analysis_of(request, pk)).data)


class AnalysisRetry(APIView):
    """A failed analysis, once more."""

    scope = "analyses"

    @extend_schema(request=None, responses={202: AnalysisSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Request a new analysis in place of a failed one, which stays on record."""
        with transaction.atomic():
            analysis = services.retry_analysis(analysis=analysis_of(request, pk))
            queue_on_commit(compute_analysis, analysis.pk)
        return Response(AnalysisSerializer(analysis).data, status=202)


class AnalysisSums(APIView):
    """The sufficient statistics of one analysis."""

    scope = "analyses"

    @extend_schema(responses=SumsSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return exact sums by metric and variant, with settings, data cut and statement."""
        return Response(SumsSerializer(analysis_of(request, pk)).data)
