"""The launch checks of an experiment, and letting a warning of theirs be."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments import services
from experiments.api.examples import WAIVER
from experiments.api.experiments import experiment_of
from experiments.api.strict import StrictInput


class CheckSerializer(serializers.Serializer[Any]):
    """One check; `link`: the step of the set-up where it is mended; `waived`: why and by whom."""

    code = serializers.CharField()
    name = serializers.CharField()
    passed = serializers.BooleanField()
    is_hard = serializers.BooleanField(help_text="Forbids the launch until it is mended.")
    detail = serializers.CharField()
    fix = serializers.CharField()
    link = serializers.CharField()
    waived = serializers.CharField()


class ChecksSerializer(serializers.Serializer[Any]):
    """Every check of one experiment, hard ones first."""

    checks = CheckSerializer(many=True)


class WaiverInput(StrictInput):
    """Which warning is let be, and why."""

    code = serializers.CharField(max_length=60)
    reason = serializers.CharField(max_length=1_000)


def _checks(request: Request, key: str) -> Response:
    checks = services.launch_checks(experiment_of(request, key))
    return Response(ChecksSerializer({"checks": checks}).data)


class Checks(APIView):
    """What must hold before an experiment may start, and what should."""

    scope = "experiments"

    @extend_schema(operation_id="experiments_checks", responses=ChecksSerializer)
    def get(self, request: Request, key: str) -> Response:
        """Return every launch check with what was found and where it is mended."""
        return _checks(request, key)


class Waive(APIView):
    """Letting a warning be."""

    scope = "experiments"

    @extend_schema(
        operation_id="experiments_waive",
        request=WaiverInput,
        responses=ChecksSerializer,
        examples=[OpenApiExample("no end date", WAIVER, request_only=True)],
    )
    def post(self, request: Request, key: str) -> Response:
        """Waive a warning with a reason, which is kept; return the checks as they are then."""
        data = WaiverInput(data=request.data)
        data.is_valid(raise_exception=True)
        experiment = experiment_of(request, key)
        services.waive_check(
            experiment_id=experiment.pk, actor=str(request.user), **data.validated_data
        )
        return _checks(request, key)
