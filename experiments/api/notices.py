"""Notices of a site, and the webhooks that carry them elsewhere."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments import services
from experiments.api.authentication import key_of
from experiments.api.examples import WEBHOOK, WEBHOOK_CHANGE
from experiments.api.lists import SiteList
from experiments.api.strict import StrictInput
from experiments.errors import InvalidInput, NotFound
from experiments.models import Notice, Site, Webhook

WORDS = {"false": False, "true": True}


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    """A reminder or an alarm; one that is not resolved still lasts."""

    experiment = serializers.SlugRelatedField[Any](
        slug_field="key", read_only=True, allow_null=True
    )

    class Meta:
        model = Notice
        fields = [
            "id",
            "kind",
            "severity",
            "title",
            "detail",
            "experiment",
            "at",
            "seen_at",
            "seen_by",
            "resolved_at",
        ]


class Notices(SiteList[Notice]):
    """What people of the key's site should know."""

    scope = "experiments"
    serializer_class = NoticeSerializer

    def rows(self, site_id: int) -> QuerySet[Notice]:
        """Return the site's notices; with `open=true` those that still last."""
        rows = Notice.objects.filter(site_id=site_id).select_related("experiment")
        given = self.request.query_params.get("open", "false")
        if given.lower() not in WORDS:
            raise InvalidInput(f"open is true or false, not {given[:40]!r}", field="open")
        return rows.filter(resolved_at=None) if WORDS[given.lower()] else rows

    @extend_schema(
        operation_id="notices_list",
        parameters=[OpenApiParameter("open", bool, description="Only what still lasts.")],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return reminders and alarms, newest first."""
        return super().get(request, *args, **kwargs)


class NoticeSeen(APIView):
    """Noting that a notice was read."""

    scope = "experiments"

    @extend_schema(operation_id="notices_see", request=None, responses=NoticeSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Note that a notice was seen; who saw it first stays on record."""
        notice = Notice.objects.filter(site_id=key_of(request).site_id, pk=pk).first()
        if notice is None:
            raise NotFound(f"unknown notice {pk}")
        seen = services.see_notice(notice=notice, actor=str(request.user))
        return Response(NoticeSerializer(seen).data)


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """An address that gets the site's notices."""

    class Meta:
        model = Webhook
        fields = ["id", "name", "url", "is_active", "created_at"]


class NewWebhookSerializer(WebhookSerializer):
    """A webhook just made, with the secret that signs its messages; it is shown only here."""

    secret = serializers.CharField()

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]


class WebhookInput(StrictInput):
    """A webhook to make."""

    name = serializers.CharField(max_length=100)
    url = serializers.CharField(max_length=500)


class WebhookChange(StrictInput):
    """What is to change of a webhook."""

    name = serializers.CharField(max_length=100, required=False)
    url = serializers.CharField(max_length=500, required=False)
    is_active = serializers.BooleanField(required=False)


class Webhooks(SiteList[Webhook]):
    """The webhooks of the key's site."""

    scope = "experiments"
    serializer_class = WebhookSerializer

    def rows(self, site_id: int) -> QuerySet[Webhook]:
        """Return the site's webhooks."""
        return Webhook.objects.filter(site_id=site_id)

    @extend_schema(
        operation_id="webhooks_create",
        request=WebhookInput,
        responses={201: NewWebhookSerializer},
        examples=[OpenApiExample("an address", WEBHOOK, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Make a webhook; its secret is in this answer and nowhere else."""
        data = WebhookInput(data=request.data)
        data.is_valid(raise_exception=True)
        hook, secret = services.create_webhook(
            site=Site.objects.get(pk=key_of(request).site_id),
            actor=str(request.user),
            **data.validated_data,
        )
        answer = {**WebhookSerializer(hook).data, "secret": secret}
        return Response(answer, status=201, headers={"Cache-Control": "no-store"})


class WebhookDetail(APIView):
    """One webhook."""

    scope = "experiments"

    @extend_schema(operation_id="webhooks_read", responses=WebhookSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return the webhook, without its secret."""
        return Response(WebhookSerializer(_hook(request, pk)).data)

    @extend_schema(
        operation_id="webhooks_change",
        request=WebhookChange,
        responses=WebhookSerializer,
        examples=[OpenApiExample("switched off", WEBHOOK_CHANGE, request_only=True)],
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change the webhook; switched off, what waits for it is dropped."""
        data = WebhookChange(data=request.data)
        data.is_valid(raise_exception=True)
        changed = services.change_webhook(
            webhook=_hook(request, pk), actor=str(request.user), **data.validated_data
        )
        return Response(WebhookSerializer(changed).data)

    @extend_schema(operation_id="webhooks_delete", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Delete the webhook and what waits for it."""
        services.delete_webhook(webhook=_hook(request, pk), actor=str(request.user))
        return Response(status=204)


def _hook(request: Request, pk: int) -> Webhook:
    """Return a webhook of the key's site; raises NotFound, also for another site's."""
    site_id = key_of(request).site_id
    hook = Webhook.objects.filter(site_id=site_id, pk=pk).select_related("site").first()
    if hook is None:
        raise NotFound(f"unknown webhook {pk}")
    return hook
