"""Events in, assignments out, and the experiments themselves."""

from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError, connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments import selectors, services
from experiments.accepting import accept_events
from experiments.api.authentication import key_of
from experiments.api.bodies import decode, read_body
from experiments.api.keys import allow_origin, authenticate, clock_of, preflight
from experiments.api.limits import spend
from experiments.api.lists import SiteList
from experiments.api.problems import Problem, answers_problems
from experiments.api.serializers import ExperimentInput, ExperimentSerializer
from experiments.assignment.assign import decide_experiment
from experiments.assignment.specs import Decision, UnitIds
from experiments.errors import InvalidInput, NotFound
from experiments.hints import hint
from experiments.models import Experiment, Placement
from experiments.shapes import (
    MAX_EVENTS,
    AssignmentRequest,
    assignment_decoder,
    batch_decoder,
    encoder,
    text_id,
)
from experiments.snapshot import SiteSpec
from experiments.tasks import send_drain_hint

ACTIONS = ("start", "pause", "end")


def json_answer(body: Any, status: int = 200) -> HttpResponse:
    """Return a JSON response made by the fast encoder."""
    return HttpResponse(encoder.encode(body), status=status, content_type="application/json")


def require_post(request: HttpRequest) -> None:
    """Raise Problem 405 on anything but POST."""
    if request.method != "POST":
        raise Problem(
            405,
            "method_not_allowed",
            f"{request.method} is not allowed here",
            headers={"Allow": "POST, OPTIONS"},
        )


@csrf_exempt
@answers_problems
def unknown_endpoint(request: HttpRequest) -> HttpResponse:
    """Refuse a path under /api/ that does not exist, as a problem document."""
    raise Problem(
        404,
        "unknown_endpoint",
        f"there is no endpoint at {request.path[:200]}",
        hint="The endpoints are listed at /api/docs/.",
    )


@csrf_exempt
@answers_problems
def events(request: HttpRequest) -> HttpResponse:
    """Accept a batch of events: committed before the 202, each event judged alone."""
    if request.method == "OPTIONS":
        return preflight(request)
    require_post(request)
    key, snapshot = authenticate(request, "events")
    spend(key.digest)
    batch = decode(read_body(request), batch_decoder)
    if len(batch.events) > MAX_EVENTS:
        raise Problem(
            413,
            "too_many_events",
            f"{len(batch.events)} events; at most {MAX_EVENTS}",
            field="events",
            hint="Send several batches.",
        )
    site = snapshot.sites[key.site_id]
    try:
        receipt = accept_events(
            site=site,
            events=batch.events,
            is_trusted=not key.is_publishable,
            now=clock_of(key, site, batch.context.now),
            received_at=datetime.now(UTC),
        )
    except OperationalError as error:
        connection.close()
        raise Problem(
            503,
            "not_stored",
            "the events could not be stored; send them again",
            headers={"Retry-After": "2"},
        ) from error
    hint(send_drain_hint)
    body = {
        "accepted": receipt.accepted,
        "rejected": [rejection.as_dict() for rejection in receipt.rejected],
    }
    return allow_origin(request, json_answer(body, 202))


@csrf_exempt
@answers_problems
def assignments(request: HttpRequest) -> HttpResponse:
    """Tell which variants a unit belongs to, with reasons; nothing is recorded."""
    if request.method == "OPTIONS":
        return preflight(request)
    require_post(request)
    key, snapshot = authenticate(request, "assign")
    spend(key.digest)
    body = decode(read_body(request), assignment_decoder)
    site = snapshot.sites[key.site_id]
    answer = {"assignments": [_assignment(d) for d in _decisions(site, body)]}
    return allow_origin(request, json_answer(answer))


def _decisions(site: SiteSpec, body: AssignmentRequest) -> list[Decision]:
    wanted = [e for e in site.experiments if body.experiment in (None, e.key)]
    if body.experiment is not None and not wanted:
        raise NotFound(
            f"unknown experiment {body.experiment!r}", known=[e.key for e in site.experiments]
        )
    units = UnitIds(
        visitor_id=text_id(body.unit.visitor_id),
        account_id=text_id(body.unit.account_id),
        session_id=text_id(body.session_id),
    )
    has_consent = body.consent.personalization and body.consent.analytics
    return [
        decide_experiment(experiment, units, body.attributes, has_consent=has_consent)
        for experiment in wanted
    ]


def _assignment(decision: Decision) -> dict[str, Any]:
    return {
        "experiment": decision.experiment_key,
        "phase": decision.phase,
        "variant": decision.variant.key if decision.variant else None,
        "parameters": decision.parameters if decision.variant else None,
        "in_experiment": decision.in_experiment,
        "reason": decision.reason,
    }


class ExperimentList(SiteList[Experiment]):
    """The experiments of the key's site."""

    scope = "experiments"
    serializer_class = ExperimentSerializer

    def rows(self, site_id: int) -> QuerySet[Experiment]:
        """Return the site's experiments."""
        return selectors.experiments_of(site_id)

    @extend_schema(request=ExperimentInput, responses={201: ExperimentSerializer})
    def post(self, request: Request) -> Response:
        """Create a draft; it starts with `POST /api/v1/experiments/{key}/start`."""
        data = ExperimentInput(data=request.data)
        data.is_valid(raise_exception=True)
        fields = dict(data.validated_data)
        placement_key = fields.pop("placement")
        placement = (
            Placement.objects.filter(site_id=key_of(request).site_id, key=placement_key)
            .select_related("site")
            .first()
        )
        if placement is None:
            raise InvalidInput(f"unknown placement {placement_key!r}", field="placement")
        drafts = [services.VariantDraft(**variant) for variant in fields.pop("variants")]
        experiment = services.create_experiment(
            site=placement.site, placement=placement, variants=drafts, **fields
        )
        return Response(ExperimentSerializer(experiment).data, status=201)


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

    class Input(serializers.Serializer[Any]):
        """Why; kept with the status change."""

        reason = serializers.CharField(max_length=1000, required=False, allow_blank=True)

    @extend_schema(operation_id="experiments_act", request=Input, responses=ExperimentSerializer)
    def post(self, request: Request, key: str, action: str) -> Response:
        """Carry out the action; 409 when the experiment's status does not allow it."""
        if action not in ACTIONS:
            raise NotFound(f"unknown action {action!r}", known=list(ACTIONS))
        data = self.Input(data=request.data)
        data.is_valid(raise_exception=True)
        experiment = experiment_of(request, key)
        act = getattr(services, f"{action}_experiment")
        extra = {} if action == "start" else {"reason": data.validated_data.get("reason", "")}
        act(experiment_id=experiment.pk, actor=str(request.user), **extra)
        return Response(ExperimentSerializer(experiment_of(request, key)).data)
