"""Refused events: reading them with what mends them, replaying and discarding them."""

import json
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments.api.authentication import key_of
from experiments.api.received import FILTERS, next_url, page_asked_for
from experiments.api.strict import StrictInput
from experiments.errors import NotFound
from experiments.intake.hints import hint
from experiments.models import Quarantine
from experiments.received.fixes import fix_of
from experiments.services.replay import Replayed, discard_event, replay_event
from experiments.tasks import send_drain_hint

CORRECTED = {
    "event": {
        "event_id": "0193b5a0-7c6e-7c3a-9d43-0a1b2c3d4e5f",
        "type": "purchase",
        "occurred_at": "2026-11-28T09:30:00Z",
        "unit": {"visitor_id": "v-81"},
        "value": {"amount": 1999, "currency": "EUR"},
    }
}


class RefusedSerializer(serializers.ModelSerializer[Quarantine]):
    """A refused event as it was sent, why it was refused, and what mends it."""

    reason = serializers.SerializerMethodField()
    advice = serializers.SerializerMethodField()
    api_key = serializers.IntegerField(source="api_key_id", allow_null=True, read_only=True)

    class Meta:
        model = Quarantine
        fields = [
            "id", "received_at", "code", "field", "detail", "reason", "advice", "event_id",
            "index", "body", "is_cut", "api_key", "times", "last_at", "replayed_at", "replayed_by",
        ]  # fmt: skip

    def get_reason(self, row: Quarantine) -> str:
        """Return the code in words."""
        return fix_of(row.code).reason

    def get_advice(self, row: Quarantine) -> str:
        """Return what to do."""
        return fix_of(row.code).advice


class RefusedPage(serializers.Serializer[Any]):
    """A page of refused events; `next` is null on the last one."""

    next = serializers.URLField(allow_null=True)
    results = RefusedSerializer(many=True)


class ReplayInput(StrictInput):
    """The event corrected; without it, it is replayed as it is."""

    event = serializers.DictField(required=False)


class ReplayedSerializer(serializers.Serializer[Replayed]):
    """What became of a replay; `events`: how many went in, 0 when it had been replayed before."""

    id = serializers.IntegerField(source="row.pk")
    events = serializers.IntegerField(source="n_events")
    replayed_at = serializers.DateTimeField(source="row.replayed_at")
    replayed_by = serializers.CharField(source="row.replayed_by")


class RefusedList(APIView):
    """What the key's site sent and was refused."""

    scope = "analyses"

    @extend_schema(
        operation_id="quarantine_list",
        parameters=[OpenApiParameter("code", str), *FILTERS],
        responses=RefusedPage,
    )
    def get(self, request: Request) -> Response:
        """Return refused events, newest first, each with what mends it."""
        page = page_asked_for(request, kind="quarantined")
        rows = Quarantine.objects.in_bulk([row.id for row in page.rows])
        found = [rows[row.id] for row in page.rows if row.id in rows]
        results = RefusedSerializer(found, many=True).data
        return Response({"next": next_url(request, page), "results": results})


class RefusedDetail(APIView):
    """One refused event."""

    scope = "analyses"

    @extend_schema(operation_id="quarantine_read", responses=RefusedSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return the event, why it was refused and what mends it."""
        row = Quarantine.objects.filter(site_id=key_of(request).site_id, pk=pk).first()
        if row is None:
            raise NotFound(f"there is no refused event {pk}")
        return Response(RefusedSerializer(row).data)


class Replay(APIView):
    """Replaying one: whoever may send an event may send it again."""

    scope = "events"

    @extend_schema(
        operation_id="quarantine_replay",
        request=ReplayInput,
        responses=ReplayedSerializer,
        examples=[OpenApiExample("corrected", CORRECTED, request_only=True)],
    )
    def post(self, request: Request, pk: int) -> Response:
        """Replay the event as it is, or corrected; a second time changes nothing.

        It is checked as any other, but for its age. It keeps its id, unless that was malformed or
        belongs to an event that was applied.
        """
        data = ReplayInput(data=request.data)
        data.is_valid(raise_exception=True)
        event = data.validated_data.get("event")
        done = replay_event(
            site_id=key_of(request).site_id,
            quarantine_id=pk,
            actor=str(request.user),
            body=None if event is None else json.dumps(event),
        )
        hint(send_drain_hint)
        return Response(ReplayedSerializer(done).data)


class Discard(APIView):
    """Discarding one for good."""

    scope = "events"

    @extend_schema(operation_id="quarantine_discard", request=None, responses={204: None})
    def post(self, request: Request, pk: int) -> Response:
        """Delete the event; that it was there stays on record."""
        discard_event(site_id=key_of(request).site_id, quarantine_id=pk, actor=str(request.user))
        return Response(status=204)
