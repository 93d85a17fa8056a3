"""New drafts from what is there: a template's set-up, or another experiment's."""

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments import services
from experiments.api.authentication import key_of
from experiments.api.examples import CLONE, FROM_TEMPLATE
from experiments.api.experiments import experiment_of, placement_of, taken
from experiments.api.serializers import ExperimentSerializer
from experiments.api.strict import StrictInput
from experiments.models import Experiment


class TemplateSerializer(serializers.Serializer[Any]):
    """A ready-made set-up; `choices`: what has to be said, each with its question."""

    key = serializers.CharField()
    name = serializers.CharField()
    purpose = serializers.CharField()
    choices = serializers.DictField(child=serializers.CharField())
    planned_days = serializers.IntegerField()


class TemplatesSerializer(serializers.Serializer[Any]):
    """Every template."""

    templates = TemplateSerializer(many=True)


class NewName(StrictInput):
    """What the new experiment is called."""

    key = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=200)


class FromTemplateInput(NewName):
    """A new experiment at a placement, with what the template asks for."""

    placement = serializers.SlugField(max_length=50)
    choices = serializers.DictField(child=serializers.CharField(max_length=150), default=dict)


class Templates(APIView):
    """Ready-made set-ups."""

    scope = "experiments"

    @extend_schema(operation_id="templates_list", responses=TemplatesSerializer)
    def get(self, request: Request) -> Response:
        """Return the templates with what each asks for."""
        return Response(TemplatesSerializer({"templates": services.TEMPLATES.values()}).data)


class FromTemplate(APIView):
    """A draft from a template."""

    scope = "experiments"

    @extend_schema(
        operation_id="templates_use",
        request=FromTemplateInput,
        responses={201: ExperimentSerializer},
        examples=[OpenApiExample("against popularity", FROM_TEMPLATE, request_only=True)],
    )
    def post(self, request: Request, key: str) -> Response:
        """Create a draft with the template's hypothesis, variants, metrics and length."""
        data = FromTemplateInput(data=request.data)
        data.is_valid(raise_exception=True)
        wanted = data.validated_data
        placement = placement_of(key_of(request).site_id, wanted["placement"])
        return _created(
            request,
            wanted["key"],
            lambda: services.draft_from_template(
                site=placement.site,
                template=key,
                key=wanted["key"],
                name=wanted["name"],
                placement=placement,
                actor=str(request.user),
                choices=wanted["choices"],
            ),
        )


class Clone(APIView):
    """A draft with another experiment's set-up."""

    scope = "experiments"

    @extend_schema(
        operation_id="experiments_clone",
        request=NewName,
        responses={201: ExperimentSerializer},
        examples=[OpenApiExample("asked again", CLONE, request_only=True)],
    )
    def post(self, request: Request, key: str) -> Response:
        """Create a draft with the set-up of an experiment in any status."""
        data = NewName(data=request.data)
        data.is_valid(raise_exception=True)
        source = experiment_of(request, key)
        return _created(
            request,
            data.validated_data["key"],
            lambda: services.clone_experiment(
                experiment_id=source.pk, actor=str(request.user), **data.validated_data
            ),
        )


def _created(request: Request, key: str, create: Callable[[], Experiment]) -> Response:
    """Return the answer with the new draft; raises Problem 409 when its key is taken."""
    if Experiment.objects.filter(site_id=key_of(request).site_id, key=key).exists():
        raise taken(key)
    try:
        with transaction.atomic():
            create()
    except IntegrityError:  # somebody else took the key in between
        raise taken(key) from None
    return Response(ExperimentSerializer(experiment_of(request, key)).data, status=201)
