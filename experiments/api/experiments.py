"""The experiments of a site: created as drafts, read, started, paused, ended."""

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments import selectors, services
from experiments.api.authentication import key_of
from experiments.api.examples import ACTION, EXPERIMENT
from experiments.api.lists import SiteList
from experiments.api.problems import Problem
from experiments.api.serializers import ActionInput, ExperimentInput, ExperimentSerializer
from experiments.errors import InvalidInput, NotFound
from experiments.models import Experiment, Placement

ACTIONS = ("start", "pause", "end")


class ExperimentList(SiteList[Experiment]):
    """The experiments of the key's site."""

    scope = "experiments"
    serializer_class = ExperimentSerializer

    def rows(self, site_id: int) -> QuerySet[Experiment]:
        """Return the site's experiments."""
        return selectors.experiments_of(site_id)

    @extend_schema(
        request=ExperimentInput,
        responses={201: ExperimentSerializer},
        examples=[OpenApiExample("two variants", EXPERIMENT, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Create a draft; it starts with `POST /api/v1/experiments/{key}/start`."""
        data = ExperimentInput(data=request.data)
        data.is_valid(raise_exception=True)
        experiment = _create(key_of(request).site_id, dict(data.validated_data))
        return Response(ExperimentSerializer(experiment).data, status=201)


def _create(site_id: int, fields: dict[str, Any]) -> Experiment:
    placement = _placement(site_id, fields.pop("placement"))
    drafts = [services.VariantDraft(**variant) for variant in fields.pop("variants")]
    if Experiment.objects.filter(site_id=site_id, key=fields["key"]).exists():
        raise _taken(fields["key"])
    try:
        with transaction.atomic():
            return services.create_experiment(
                site=placement.site, placement=placement, variants=drafts, **fields
            )
    except IntegrityError:  # somebody else took the key in between
        raise _taken(fields["key"]) from None


def _placement(site_id: int, key: str) -> Placement:
    rows = Placement.objects.filter(site_id=site_id).select_related("site")
    placement = rows.filter(key=key).first()
    if placement is None:
        known = ", ".join(rows.values_list("key", flat=True)[:20])
        raise InvalidInput(
            f"unknown placement {key!r}", field="placement", hint=f"Known here: {known}."
        )
    return placement


def _taken(key: str) -> Problem:
    return Problem(409, "key_taken", f"there is an experiment {key!r} already", field="key")


def experiment_of(request: Request, key: str) -> Experiment:
    """Return one experiment of the key's site; raises NotFound, also for another site's."""
    experiment = selectors.experiments_of(key_of(request).site_id).filter(key=key).first()
    if experiment is None:
        raise NotFound(f"unknown experiment {key!r}")
    return experiment


class ExperimentDetail(APIView):
    """One experiment."""

    scope = "experiments"

    @extend_schema(responses=ExperimentSerializer)
    def get(self, request: Request, key: str) -> Response:
        """Return the experiment with its variants, traffic and status."""
        return Response(ExperimentSerializer(experiment_of(request, key)).data)


class ExperimentAction(APIView):
    """Start, pause or end an experiment."""

    scope = "experiments"

    @extend_schema(
        operation_id="experiments_act",
        parameters=[OpenApiParameter("action", str, OpenApiParameter.PATH, enum=ACTIONS)],
        request=ActionInput,
        responses=ExperimentSerializer,
        examples=[OpenApiExample("with a reason", ACTION, request_only=True)],
    )
    def post(self, request: Request, key: str, action: str) -> Response:
        """Carry out the action; 409 when the experiment's status does not allow it."""
        if action not in ACTIONS:
            raise NotFound(f"unknown action {action!r}", known=list(ACTIONS))
        data = ActionInput(data=request.data)
        data.is_valid(raise_exception=True)
        experiment = experiment_of(request, key)
        act = getattr(services, f"{action}_experiment")
        extra = {} if action == "start" else {"reason": data.validated_data.get("reason", "")}
        act(experiment_id=experiment.pk, actor=str(request.user), **extra)
        return Response(ExperimentSerializer(experiment_of(request, key)).data)
