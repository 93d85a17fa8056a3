"""Decisions about ended experiments, and the library of what was decided."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments import services
from experiments.api.examples import DECISION
from experiments.api.experiments import experiment_of
from experiments.api.lists import SiteList
from experiments.api.strict import StrictInput
from experiments.library import library
from experiments.models import DecisionRecord, Experiment, Site

MOST_CHARACTERS = 5_000


class DecisionSerializer(serializers.ModelSerializer[DecisionRecord]):
    """What was decided, by whom and why, with the analysis that was read."""

    shipped_variant = serializers.SlugRelatedField[Any](
        slug_field="key", read_only=True, allow_null=True
    )

    class Meta:
        model = DecisionRecord
        fields = ["outcome", "reason", "shipped_variant", "follow_up", "actor", "at", "analysis"]


class DecisionInput(StrictInput):
    """A decision; `shipped_variant`: what everybody gets from now on."""

    outcome = serializers.ChoiceField(DecisionRecord.Outcome.choices)
    reason = serializers.CharField(max_length=MOST_CHARACTERS)
    shipped_variant = serializers.SlugField(max_length=80, required=False, allow_null=True)
    follow_up = serializers.CharField(max_length=MOST_CHARACTERS, required=False, allow_blank=True)


class Decide(APIView):
    """The decision at the end of an experiment."""

    scope = "experiments"

    @extend_schema(
        operation_id="experiments_decide",
        request=DecisionInput,
        responses={201: DecisionSerializer},
        examples=[OpenApiExample("a treatment is shipped", DECISION, request_only=True)],
    )
    def post(self, request: Request, key: str) -> Response:
        """Record the decision about an ended experiment, once, and ship its variant."""
        data = DecisionInput(data=request.data)
        data.is_valid(raise_exception=True)
        record = services.record_decision(
            experiment_id=experiment_of(request, key).pk,
            user=None,
            actor=str(request.user),
            **data.validated_data,
        )
        return Response(DecisionSerializer(record).data, status=201)


class DecidedSerializer(serializers.ModelSerializer[Experiment]):
    """A past experiment with its decision."""

    placement = serializers.SlugRelatedField[Any](slug_field="key", read_only=True, allow_null=True)
    decision = DecisionSerializer(source="decision_record", read_only=True)

    class Meta:
        model = Experiment
        fields = [
            "key",
            "name",
            "hypothesis",
            "hypothesis_change",
            "hypothesis_because",
            "placement",
            "status",
            "started_at",
            "ended_at",
            "decision",
        ]


class Library(SiteList[Experiment]):
    """Past experiments of the key's site."""

    scope = "experiments"
    serializer_class = DecidedSerializer

    def rows(self, site_id: int) -> QuerySet[Experiment]:
        """Return the decided experiments that the search finds."""
        search = self.request.query_params.get("search", "")
        return library(Site.objects.filter(pk=site_id), search[:500])

    @extend_schema(
        operation_id="library_list",
        parameters=[
            OpenApiParameter(
                "search",
                str,
                description="Words that name, key, hypothesis, reason, outcome or follow-up hold.",
            )
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return decided experiments with their decisions, newest first."""
        return super().get(request, *args, **kwargs)
