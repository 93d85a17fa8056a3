"""The steps of an experiment's life over the API, each a POST to its name."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments import services
from experiments.api.examples import ACTION
from experiments.api.experiments import experiment_of
from experiments.api.problems import Problem
from experiments.api.serializers import ActionInput, ExperimentSerializer
from experiments.errors import NotFound

# Takes the experiment's id, who acts, and the body.
Act = Callable[[int, str, dict[str, Any]], object]


def _reasoned(step: Callable[..., object]) -> Act:
    return lambda pk, actor, data: step(experiment_id=pk, actor=actor, reason=data["reason"])


def _unreasoned(step: Callable[..., object]) -> Act:
    return lambda pk, actor, data: step(experiment_id=pk, actor=actor)


def _start(pk: int, actor: str, data: dict[str, Any]) -> object:
    return services.start_experiment(experiment_id=pk, actor=actor, waiver=data["waiver"])


def _schedule(pk: int, actor: str, data: dict[str, Any]) -> object:
    return services.schedule_experiment(
        experiment_id=pk, actor=actor, starts_at=_needed(data, "starts_at"), waiver=data["waiver"]
    )


def _phase(pk: int, actor: str, data: dict[str, Any]) -> object:
    return services.open_phase(
        experiment_id=pk,
        actor=actor,
        reason=data["reason"],
        weights=data.get("weights"),
        parameters=data.get("parameters"),
    )


def _ramp(pk: int, actor: str, data: dict[str, Any]) -> object:
    return services.ramp_to(
        experiment_id=pk, actor=actor, percent=_needed(data, "percent"), reason=data["reason"]
    )


def _by_a_person(pk: int, actor: str, data: dict[str, Any]) -> object:
    raise Problem(
        403,
        "person_needed",
        "an approval is given or refused by a person, not by a key",
        hint="Approve or reject it on the experiment's page in the admin.",
    )


def _needed(data: dict[str, Any], field: str) -> Any:
    """Return a field that this action needs; raises a 400 that names it."""
    if (value := data.get(field)) is None:
        raise ValidationError({field: ErrorDetail("This field is required.", code="required")})
    return value


ACTIONS: dict[str, Act] = {
    "submit": _unreasoned(services.submit_experiment),
    "approve": _by_a_person,
    "reject": _by_a_person,
    "schedule": _schedule,
    "unschedule": _unreasoned(services.unschedule_experiment),
    "start": _start,
    "pause": _reasoned(services.pause_experiment),
    "kill": _reasoned(services.kill_experiment),
    "end": _reasoned(services.end_experiment),
    "archive": _unreasoned(services.archive_experiment),
    "close-enrolment": _reasoned(services.close_enrolment),
    "phase": _phase,
    "ramp": _ramp,
}


class ExperimentAction(APIView):
    """A step of an experiment's life."""

    scope = "experiments"

    @extend_schema(
        operation_id="experiments_act",
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=list(ACTIONS))],
        request=ActionInput,
        responses=ExperimentSerializer,
        examples=[OpenApiExample("with a reason", ACTION, request_only=True)],
    )
    def post(self, request: Request, key: str, action: str) -> Response:
        """Carry out the action; 409 when the status, a check or another's edit forbids it."""
        if (act := ACTIONS.get(action)) is None:
            raise NotFound(f"unknown action {action!r}", known=list(ACTIONS))
        data = ActionInput(data=request.data)
        data.is_valid(raise_exception=True)
        experiment = experiment_of(request, key)
        with transaction.atomic():
            if (version := data.validated_data.get("version")) is not None:
                services.require_unchanged(experiment_id=experiment.pk, version=version)
            act(experiment.pk, str(request.user), data.validated_data)
        return Response(ExperimentSerializer(experiment_of(request, key)).data)
