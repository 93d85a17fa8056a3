"""Explorations: asked, listed, read with progress."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import services
from analytics.api.analyses import HEAVY, ResultsField
from analytics.explorations import Question
from analytics.models import Exploration
from analytics.tasks import compute_exploration
from experiments.api.authentication import key_of
from experiments.api.experiments import experiment_of
from experiments.api.lists import SiteList
from experiments.api.strict import StrictInput
from experiments.errors import NotFound
from experiments.intake.hints import queue_on_commit

ASKED = {
    "experiment": "home-hybrid",
    "name": "Phones in the second week",
    "segment": {"device": "mobile"},
    "day_from": "2026-11-08",
    "metrics": ["conversion"],
    "settings": {"uses_cuped": False},
}


class ExplorationSerializer(serializers.ModelSerializer[Exploration]):
    """One exploration with its question, how far it is, and its answer."""

    experiment = serializers.SlugRelatedField[Any](slug_field="key", read_only=True)
    results = ResultsField(read_only=True)

    class Meta:
        model = Exploration
        fields = [
            "id",
            "experiment",
            "phase",
            "name",
            "question",
            "status",
            "stage",
            "share",
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


class ExplorationBrief(serializers.ModelSerializer[Exploration]):
    """One exploration without its numbers, as a list of many holds it."""

    experiment = serializers.SlugRelatedField[Any](slug_field="key", read_only=True)

    class Meta:
        model = Exploration
        fields = [name for name in ExplorationSerializer.Meta.fields if name not in HEAVY]


class ExplorationInput(StrictInput):
    """The question; what is left out is as in the official analysis."""

    experiment = serializers.CharField(max_length=80)
    name = serializers.CharField(max_length=200, required=False, default="")
    segment = serializers.DictField(required=False, default=dict)
    day_from = serializers.CharField(max_length=10, required=False, default="", allow_blank=True)
    day_to = serializers.CharField(max_length=10, required=False, default="", allow_blank=True)
    metrics = serializers.ListField(
        child=serializers.CharField(max_length=80), required=False, default=list
    )
    settings = serializers.DictField(required=False, default=dict)


class ExplorationList(SiteList[Exploration]):
    """The explorations of a site, newest first; `?experiment=` narrows them down."""

    scope = "analyses"
    serializer_class = ExplorationBrief

    def rows(self, site_id: int) -> QuerySet[Exploration]:
        """Return the site's explorations, those of one experiment if the address names it."""
        rows = Exploration.objects.filter(experiment__site_id=site_id)
        if key := self.request.GET.get("experiment"):
            rows = rows.filter(experiment=experiment_of(self.request, key))
        return rows.select_related("experiment").defer(*HEAVY)

    @extend_schema(
        request=ExplorationInput,
        responses={202: ExplorationSerializer},
        examples=[OpenApiExample("phones only", ASKED, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Ask; poll the exploration until its status is ready or failed."""
        data = ExplorationInput(data=request.data)
        data.is_valid(raise_exception=True)
        asked = dict(data.validated_data)
        experiment = experiment_of(request, asked.pop("experiment"))
        name = asked.pop("name")
        question = Question.from_dict(asked)
        with transaction.atomic():
            row = services.request_exploration(experiment=experiment, question=question, name=name)
            queue_on_commit(compute_exploration, row.pk)
        return Response(ExplorationSerializer(row).data, status=202)


class ExplorationDetail(APIView):
    """One exploration."""

    scope = "analyses"

    @extend_schema(responses=ExplorationSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return the exploration; results are null until it is ready."""
        rows = Exploration.objects.filter(pk=pk, experiment__site_id=key_of(request).site_id)
        row = rows.select_related("experiment").first()
        if row is None:
            raise NotFound(f"unknown exploration {pk}")
        return Response(ExplorationSerializer(row).data)
