"""The library of metrics: listed with where each is used, made, changed, archived."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.library import newest_rows, uses_of
from analytics.models import Metric
from analytics.services import metrics as services
from experiments.api.authentication import key_of
from experiments.api.lists import SiteList
from experiments.api.strict import StrictInput
from experiments.models import Site

TOP_3 = {
    "key": "shoe_clicks_top_3",
    "name": "Clicks on shoes in the first three places",
    "kind": "mean",
    "numerator": {
        "source": "events",
        "type": "select_item",
        "where": {"category": "shoes", "position": {"lte": 3}},
    },
    "window_days": 7,
    "tags": ["lists"],
}

LONGER = {"window_days": 28, "description": "Over four weeks from first exposure."}


class UseSerializer(serializers.Serializer[Any]):
    """Where a metric is used."""

    experiment = serializers.CharField()
    status = serializers.CharField()
    role = serializers.CharField()
    version = serializers.IntegerField()


@extend_schema_field({"type": "object"})
class SideField(serializers.JSONField):
    """An object: described as "anything", an allowed null would fit twice."""


class MetricSerializer(serializers.ModelSerializer[Metric]):
    """A metric in its newest version, and the experiments that name it."""

    denominator = SideField(allow_null=True)
    used_in = serializers.SerializerMethodField()

    class Meta:
        model = Metric
        fields = [
            "key", "version", "name", "description", "owner", "tags", "kind", "numerator",
            "denominator", "direction", "format", "window_days", "delay_days", "winsor",
            "uses_cuped", "min_units", "default_role", "default_margin", "is_builtin",
            "is_archived", "created_at", "used_in",
        ]  # fmt: skip

    @extend_schema_field(UseSerializer(many=True))
    def get_used_in(self, metric: Metric) -> list[dict[str, Any]]:
        """Return the experiments that name the metric, whichever version."""
        uses = self.context.get("uses")
        found = uses_of(metric.site_id) if uses is None else uses
        return [use.to_dict() for use in found.get(metric.key, [])]


class MetricChange(StrictInput):
    """What to change of a metric; what is not named stays."""

    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    owner = serializers.CharField(required=False, allow_blank=True, max_length=150)
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False)
    kind = serializers.ChoiceField(Metric.Kind.choices, required=False)
    numerator = serializers.DictField(required=False)
    denominator = serializers.DictField(required=False, allow_null=True)
    direction = serializers.ChoiceField(Metric.Direction.choices, required=False)
    format = serializers.ChoiceField(Metric.Format.choices, required=False)
    window_days = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=365
    )
    delay_days = serializers.IntegerField(required=False, min_value=0, max_value=365)
    winsor = serializers.FloatField(required=False, allow_null=True, min_value=0.5, max_value=1)
    uses_cuped = serializers.BooleanField(required=False)
    min_units = serializers.IntegerField(required=False, min_value=0, max_value=2_000_000_000)
    default_role = serializers.ChoiceField(Metric.Role.choices, required=False, allow_blank=True)
    default_margin = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=1
    )


class MetricInput(MetricChange):
    """A new metric."""

    key = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(Metric.Kind.choices)
    numerator = serializers.DictField()


class MetricList(SiteList[Metric]):
    """The metrics of the key's site, in their newest versions."""

    scope = "analyses"
    serializer_class = MetricSerializer

    def rows(self, site_id: int) -> QuerySet[Metric]:
        """Return the newest versions, archived ones too, by key."""
        return newest_rows(site_id)

    def get_serializer_context(self) -> dict[str, Any]:
        """Return the context with all uses, so that they are read once."""
        context = dict(super().get_serializer_context())
        if getattr(self, "swagger_fake_view", False):
            return context
        return {**context, "uses": uses_of(key_of(self.request).site_id)}

    @extend_schema(
        request=MetricInput,
        responses={201: MetricSerializer},
        examples=[OpenApiExample("clicks by place", TOP_3, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Make a metric; a definition that cannot be computed is refused with its field."""
        data = MetricInput(data=request.data)
        data.is_valid(raise_exception=True)
        site = Site.objects.get(pk=key_of(request).site_id)
        metric = services.create_metric(site=site, fields=dict(data.validated_data))
        return Response(MetricSerializer(metric).data, status=201)


class MetricDetail(APIView):
    """One metric."""

    scope = "analyses"

    @extend_schema(responses=MetricSerializer)
    def get(self, request: Request, key: str) -> Response:
        """Return the newest version."""
        return Response(MetricSerializer(metric_of(request, key)).data)

    @extend_schema(
        operation_id="metrics_edit",
        request=MetricChange,
        responses=MetricSerializer,
        examples=[OpenApiExample("a longer window", LONGER, request_only=True)],
    )
    def patch(self, request: Request, key: str) -> Response:
        """Change what is named; another meaning is a new version, and reports keep theirs."""
        data = MetricChange(data=request.data)
        data.is_valid(raise_exception=True)
        changed = services.change_metric(
            metric=metric_of(request, key), changes=dict(data.validated_data)
        )
        return Response(MetricSerializer(changed).data)


class MetricArchive(APIView):
    """A metric's place in the library."""

    scope = "analyses"

    @extend_schema(operation_id="metrics_archive", request=None, responses=MetricSerializer)
    def post(self, request: Request, key: str) -> Response:
        """Offer the metric no longer; reports and experiments that use it stay as they are."""
        archived = services.archive_metric(metric=metric_of(request, key))
        return Response(MetricSerializer(archived).data)

    @extend_schema(operation_id="metrics_unarchive", responses=MetricSerializer)
    def delete(self, request: Request, key: str) -> Response:
        """Offer the metric again."""
        offered = services.archive_metric(metric=metric_of(request, key), is_archived=False)
        return Response(MetricSerializer(offered).data)


def metric_of(request: Request, key: str) -> Metric:
    """Return the newest version of a metric of the key's site; raises NotFound."""
    return services.newest_of(Site.objects.get(pk=key_of(request).site_id), key)
