"""The experiments of a site: created as drafts, read, edited."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments import selectors, services
from experiments.api.authentication import key_of
from experiments.api.examples import EDIT, EXPERIMENT
from experiments.api.lists import SiteList
from experiments.api.problems import Problem
from experiments.api.serializers import (
    ExperimentChange,
    ExperimentInput,
    ExperimentSerializer,
)
from experiments.api.setups import placement_of, setup_of
from experiments.errors import NotFound
from experiments.models import Experiment, Site

__all__ = ["ExperimentDetail", "ExperimentList", "experiment_of", "placement_of", "taken"]


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
        site_id = key_of(request).site_id
        fields = setup_of(site_id, dict(data.validated_data))
        if Experiment.objects.filter(site_id=site_id, key=fields["key"]).exists():
            raise taken(fields["key"])
        try:
            with transaction.atomic():
                site = Site.objects.get(pk=site_id)
                services.create_experiment(site=site, actor=str(request.user), **fields)
        except IntegrityError:  # somebody else took the key in between
            raise taken(fields["key"]) from None
        return Response(
            ExperimentSerializer(experiment_of(request, fields["key"])).data, status=201
        )


def taken(key: str) -> Problem:
    """Return the refusal of a key that another experiment has."""
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
        """Return the experiment with its variants, traffic, status and version."""
        return Response(ExperimentSerializer(experiment_of(request, key)).data)

    @extend_schema(
        operation_id="experiments_edit",
        request=ExperimentChange,
        responses=ExperimentSerializer,
        examples=[OpenApiExample("a clearer name", EDIT, request_only=True)],
    )
    def patch(self, request: Request, key: str) -> Response:
        """Change what is named, on the version that was read; 409 with the differences otherwise.

        Once it has started only names, hypothesis, owner and end may change.
        """
        data = ExperimentChange(data=request.data)
        data.is_valid(raise_exception=True)
        fields = dict(data.validated_data)
        version, reason = fields.pop("version"), fields.pop("reason", "")
        experiment = experiment_of(request, key)
        services.edit_experiment(
            experiment_id=experiment.pk,
            actor=str(request.user),
            version=version,
            changes=setup_of(experiment.site_id, fields),
            reason=reason,
        )
        return Response(ExperimentSerializer(experiment_of(request, key)).data)
