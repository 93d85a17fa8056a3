"""How an experiment is analysed: read, and changed on record."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import services
from analytics.choices import choices_of
from analytics.models import AnalysisSettings
from analytics.models.settings import OF_METRICS, Correction
from experiments.api.experiments import experiment_of
from experiments.api.strict import StrictInput
from experiments.models import Experiment

CHANGE = {"uses_cuped": False, "reason": "most of the visitors are new"}


class SettingsSerializer(serializers.Serializer[Any]):
    """The settings of an experiment's analyses; `is_stale`: the stored one has other ones."""

    alpha = serializers.FloatField()
    correction = serializers.ChoiceField(Correction.choices)
    secondary_correction = serializers.ChoiceField(OF_METRICS)
    uses_cuped = serializers.BooleanField()
    uses_winsor = serializers.BooleanField()
    basis = serializers.ChoiceField(AnalysisSettings.Basis.choices)
    level = serializers.ChoiceField(AnalysisSettings.Level.choices)
    caps = serializers.DictField(child=serializers.IntegerField(allow_null=True))


class SettingsInput(StrictInput):
    """The settings to change; those that are not named stay."""

    alpha = serializers.FloatField(required=False)
    correction = serializers.ChoiceField(Correction.choices, required=False)
    secondary_correction = serializers.ChoiceField(OF_METRICS, required=False)
    uses_cuped = serializers.BooleanField(required=False)
    uses_winsor = serializers.BooleanField(required=False)
    basis = serializers.ChoiceField(AnalysisSettings.Basis.choices, required=False)
    level = serializers.ChoiceField(AnalysisSettings.Level.choices, required=False)
    reason = serializers.CharField(required=False, max_length=2000)


class SettingsDetail(APIView):
    """How one experiment is analysed."""

    scope = "analyses"

    @extend_schema(operation_id="analysis_settings_read", responses=SettingsSerializer)
    def get(self, request: Request, key: str) -> Response:
        """Return the settings, the defaults where nobody chose, and caps fixed before the start."""
        return Response(shown(experiment_of(request, key)))

    @extend_schema(
        operation_id="analysis_settings_edit",
        request=SettingsInput,
        responses=SettingsSerializer,
        examples=[OpenApiExample("without history", CHANGE, request_only=True)],
    )
    def patch(self, request: Request, key: str) -> Response:
        """Change what is named; the stored analysis is stale from then on."""
        data = SettingsInput(data=request.data)
        data.is_valid(raise_exception=True)
        changes = dict(data.validated_data)
        reason = changes.pop("reason", "")
        experiment = experiment_of(request, key)
        services.change_settings(
            experiment=experiment, actor=str(request.user), changes=changes, reason=reason
        )
        return Response(shown(experiment))


def shown(experiment: Experiment) -> dict[str, Any]:
    """Return the settings of an experiment as the endpoint answers them."""
    caps = {row.metric.key: row.cap for row in experiment.caps.select_related("metric")}
    return choices_of(experiment).to_dict() | {"caps": caps}
