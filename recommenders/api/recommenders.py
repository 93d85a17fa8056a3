"""`/api/v1/recommenders`: the registry over the interface: read, train, promote, roll back."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments.api.authentication import key_of
from experiments.api.lists import SiteList
from experiments.errors import NotFound
from experiments.intake.hints import queue_on_commit
from recommenders import services
from recommenders.api.shapes import (
    ArtifactSerializer,
    MoveInput,
    PromoteInput,
    RecommenderDetailSerializer,
    RecommenderSerializer,
    TrainInput,
)
from recommenders.models import Artifact, Recommender
from recommenders.tasks import train_artifact

TRAIN = {"promote": True, "reason": "a new catalogue"}
PROMOTE = {"artifact": "hybrid@2026-11-20.3", "alias": "champion", "reason": "better on new items"}
BACK = {"alias": "champion", "reason": "clicks fell on phones"}


def _rows(site_id: int) -> QuerySet[Recommender]:
    holders = (f"{alias}__recommender" for alias in ("champion", "challenger", "fallback"))
    return Recommender.objects.filter(site_id=site_id).select_related("site", *holders)


def _one(request: Request, key: str) -> Recommender:
    """Return a recommender of the key's site; raises NotFound, also for another site's."""
    rows = _rows(key_of(request).site_id)
    found = rows.filter(key=key).first()
    if found is None:
        raise NotFound(
            f"unknown recommender {key!r}", known=list(rows.values_list("key", flat=True))
        )
    return found


def _checked(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    data = shape(data=request.data)
    data.is_valid(raise_exception=True)
    return dict(data.validated_data)


class RecommenderList(SiteList[Recommender]):
    """The recommenders of the key's site."""

    scope = "items"
    serializer_class = RecommenderSerializer

    def rows(self, site_id: int) -> QuerySet[Recommender]:
        """Return the site's recommenders."""
        return _rows(site_id)


class RecommenderDetail(APIView):
    """One recommender."""

    scope = "items"

    @extend_schema(operation_id="recommenders_read", responses=RecommenderDetailSerializer)
    def get(self, request: Request, recommender: str) -> Response:
        """Return the recommender with its newest artifacts, their gates, and its aliases' moves."""
        return Response(RecommenderDetailSerializer(_one(request, recommender)).data)


class Train(APIView):
    """The training of a recommender."""

    scope = "items"

    @extend_schema(
        operation_id="recommenders_train",
        request=TrainInput,
        responses={202: ArtifactSerializer},
        examples=[OpenApiExample("with a reason", TRAIN, request_only=True)],
    )
    def post(self, request: Request, recommender: str) -> Response:
        """Queue a training on everything until now; read the recommender to see how it goes."""
        data = _checked(TrainInput, request)
        row = _one(request, recommender)
        with transaction.atomic():
            artifact = services.request_training(
                site=row.site,
                key=row.key,
                promote=data["promote"],
                is_warm=data["is_warm"],
                detail=data["reason"] or f"asked by {request.user}",
            )
            queue_on_commit(train_artifact, artifact.pk)
        return Response(ArtifactSerializer(artifact).data, status=202)


class Promote(APIView):
    """Giving an alias to an artifact."""

    scope = "items"

    @extend_schema(
        operation_id="recommenders_promote",
        request=PromoteInput,
        responses=RecommenderDetailSerializer,
        examples=[OpenApiExample("a better artifact", PROMOTE, request_only=True)],
    )
    def post(self, request: Request, recommender: str) -> Response:
        """Move an alias; 409 when the artifact does not pass the gate, which a person overrides."""
        data = _checked(PromoteInput, request)
        artifact = self._artifact(_one(request, recommender), data["artifact"])
        services.promote(
            artifact=artifact, alias=data["alias"], reason=data["reason"], by=str(request.user)
        )
        return Response(RecommenderDetailSerializer(_one(request, recommender)).data)

    def _artifact(self, recommender: Recommender, name: str) -> Artifact:
        key, _at, version = name.partition("@")
        rows = recommender.artifacts.select_related("recommender", "site")
        found = rows.filter(version=version).first() if key == recommender.key else None
        if found is None:
            known = [row.full_name for row in rows[:20]]
            raise NotFound(f"unknown artifact {name!r}", known=known, field="artifact")
        return found


class RollBack(APIView):
    """Giving an alias back."""

    scope = "items"

    @extend_schema(
        operation_id="recommenders_roll_back",
        request=MoveInput,
        responses=RecommenderDetailSerializer,
        examples=[OpenApiExample("with a reason", BACK, request_only=True)],
    )
    def post(self, request: Request, recommender: str) -> Response:
        """Give an alias back to the artifact that had it before; 409 when there was none."""
        data = _checked(MoveInput, request)
        services.roll_back(recommender=_one(request, recommender), by=str(request.user), **data)
        return Response(RecommenderDetailSerializer(_one(request, recommender)).data)
