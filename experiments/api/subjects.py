"""Access to, and erasure of, everything that is held on one visitor, account or session."""

from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments.api.authentication import key_of
from experiments.api.examples import ERASE, LIFT, SUBJECT
from experiments.api.lists import SiteList
from experiments.api.strict import StrictInput
from experiments.errors import NotFound
from experiments.models import Erasure, Experiment, Site
from experiments.subjects.access import access_document
from experiments.subjects.erasure import ask_erasure, erasures_of, lift_erasure, removed_by
from experiments.subjects.subject import Subject, subject_of
from experiments.tasks import queue_erasures

NO_STORE = {"Cache-Control": "no-store"}


class SubjectInput(StrictInput):
    """Whose data are meant; the id as the storefront sends it, or as rows hold its hash."""

    unit_type = serializers.ChoiceField(choices=Experiment.UnitType.choices)
    unit_id = serializers.CharField(max_length=256, trim_whitespace=False)


class EraseInput(SubjectInput):
    """Whose data are to go; of an account, whether its own visitors' go too (they do)."""

    linked = serializers.BooleanField(required=False, allow_null=True, default=None)


class LiftInput(StrictInput):
    """Why a unit is let in again."""

    reason = serializers.CharField(max_length=1_000)


class HeldUnitSerializer(serializers.Serializer[Any]):
    """Whose document it is: the id as it was given, and as rows hold it."""

    type = serializers.ChoiceField(choices=Experiment.UnitType.choices)
    id = serializers.CharField()
    stored_as = serializers.CharField()


class AccessSerializer(serializers.Serializer[Any]):
    """Everything held: rows by table in `held`, how many of each in `counts`."""

    site = serializers.CharField()
    unit = HeldUnitSerializer()
    written_at = serializers.DateTimeField()
    erasure = serializers.DictField(allow_null=True)
    held = serializers.DictField(child=serializers.ListField(child=serializers.DictField()))
    counts = serializers.DictField(child=serializers.IntegerField())


class ErasureSerializer(serializers.ModelSerializer[Erasure]):
    """How far an erasure is; the unit's id is not told, only its digest."""

    removed = serializers.SerializerMethodField(help_text="Rows removed so far, by table.")

    class Meta:
        model = Erasure
        fields = [
            "id",
            "unit_type",
            "digest",
            "actor",
            "asked_at",
            "finished_at",
            "removed",
            "error",
        ]

    def get_removed(self, erasure: Erasure) -> dict[str, int]:
        """Return the rows removed so far, by table."""
        return removed_by(erasure)


class AskedSerializer(serializers.Serializer[Any]):
    """What was asked for: the unit's erasure first, then those of an account's own visitors."""

    erasures = ErasureSerializer(many=True)


class SubjectAccess(APIView):
    """Everything that is held on one unit."""

    scope = "subjects"

    @extend_schema(
        operation_id="subjects_access",
        request=SubjectInput,
        responses=AccessSerializer,
        examples=[OpenApiExample("a visitor", SUBJECT, request_only=True)],
    )
    def post(self, request: Request) -> Any:
        """Return one JSON document, written as it is read; the access goes on record."""
        data = SubjectInput(data=request.data)
        data.is_valid(raise_exception=True)
        pieces = access_document(subject=_subject(request, data), actor=str(request.user))
        return StreamingHttpResponse(pieces, content_type="application/json", headers=NO_STORE)


class SubjectErase(APIView):
    """Erasing one unit."""

    scope = "subjects"

    @extend_schema(
        operation_id="subjects_erase",
        request=EraseInput,
        responses={202: AskedSerializer},
        examples=[OpenApiExample("an account and its visitors", ERASE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Suppress the unit from now on; its rows go within half a minute. Safe to repeat."""
        data = EraseInput(data=request.data)
        data.is_valid(raise_exception=True)
        asked = ask_erasure(
            subject=_subject(request, data),
            actor=str(request.user),
            linked=data.validated_data["linked"],
        )
        queue_erasures(asked)
        return Response({"erasures": ErasureSerializer(asked, many=True).data}, status=202)


class Erasures(SiteList[Erasure]):
    """The erasures of the key's site."""

    scope = "subjects"
    serializer_class = ErasureSerializer

    def rows(self, site_id: int) -> QuerySet[Erasure]:
        """Return the site's erasures."""
        return erasures_of([site_id])

    @extend_schema(operation_id="subjects_erasures")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the erasures, newest first."""
        return super().get(request, *args, **kwargs)


class ErasureDetail(APIView):
    """One erasure."""

    scope = "subjects"

    @extend_schema(operation_id="subjects_erasure", responses=ErasureSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return how far the erasure is; it is over when `finished_at` is set."""
        return Response(ErasureSerializer(_erasure(request, pk)).data)


class ErasureLift(APIView):
    """Letting a unit in again."""

    scope = "subjects"

    @extend_schema(
        operation_id="subjects_lift",
        request=LiftInput,
        responses={204: None},
        examples=[OpenApiExample("back again", LIFT, request_only=True)],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Record the unit again from now on; what was removed stays removed."""
        data = LiftInput(data=request.data)
        data.is_valid(raise_exception=True)
        lift_erasure(
            erasure=_erasure(request, pk),
            actor=str(request.user),
            reason=data.validated_data["reason"],
        )
        return Response(status=204)


def _subject(request: Request, data: SubjectInput) -> Subject:
    return subject_of(
        site=Site.objects.get(pk=key_of(request).site_id),
        unit_type=data.validated_data["unit_type"],
        unit_id=data.validated_data["unit_id"],
    )


def _erasure(request: Request, pk: int) -> Erasure:
    """Return an erasure of the key's site; raises NotFound, also for another site's."""
    site_id = key_of(request).site_id
    erasure = Erasure.objects.filter(site_id=site_id, pk=pk).select_related("site").first()
    if erasure is None:
        raise NotFound(f"unknown erasure {pk}")
    return erasure
