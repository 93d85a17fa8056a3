"""Links to reports: made, listed with what became of them, revoked."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.models import ShareLink
from analytics.models.share import LABEL_LENGTH
from analytics.sharing.links import (
    DEFAULT_DAYS,
    MAX_DAYS,
    create_link,
    revoke_link,
    shared_path,
)
from experiments.api.authentication import key_of
from experiments.api.experiments import experiment_of
from experiments.api.lists import SiteList
from experiments.api.strict import StrictInput
from experiments.errors import NotFound

ASKED = {"experiment": "home-hybrid", "days": 30, "label": "Board meeting of December"}


class ShareLinkSerializer(serializers.ModelSerializer[ShareLink]):
    """One link, without its token; `state`: open, expired or revoked."""

    experiment = serializers.SlugRelatedField[Any](slug_field="key", read_only=True)
    state = serializers.SerializerMethodField()

    class Meta:
        model = ShareLink
        fields = [
            "id",
            "experiment",
            "analysis",
            "exploration",
            "label",
            "state",
            "created_by",
            "created_at",
            "expires_at",
            "revoked_by",
            "revoked_at",
            "last_opened_at",
            "times_opened",
        ]

    def get_state(self, link: ShareLink) -> str:
        """Return whether it opens the report now."""
        return link.state_at(timezone.now())


class NewShareLinkSerializer(ShareLinkSerializer):
    """A new link with its token and address, which cannot be shown again."""

    token = serializers.CharField(read_only=True)
    url = serializers.CharField(read_only=True)

    class Meta(ShareLinkSerializer.Meta):
        fields = [*ShareLinkSerializer.Meta.fields, "token", "url"]


class ShareLinkInput(StrictInput):
    """Which report to show and for how long; without `exploration` the official one as it is."""

    experiment = serializers.CharField(max_length=80)
    exploration = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS, default=DEFAULT_DAYS)
    label: Any = serializers.CharField(
        max_length=LABEL_LENGTH, required=False, default="", allow_blank=True
    )


class ShareLinkList(SiteList[ShareLink]):
    """The links to reports of a site, newest first; `?experiment=` narrows them down."""

    scope = "analyses"
    serializer_class = ShareLinkSerializer

    def rows(self, site_id: int) -> QuerySet[ShareLink]:
        """Return the site's links, those of one experiment if the address names it."""
        rows = ShareLink.objects.filter(experiment__site_id=site_id).select_related("experiment")
        if key := self.request.GET.get("experiment"):
            rows = rows.filter(experiment=experiment_of(self.request, key))
        return rows

    @extend_schema(
        request=ShareLinkInput,
        responses={201: NewShareLinkSerializer},
        examples=[OpenApiExample("for a month", ASKED, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Make a link that needs no account; `token` and `url` are shown this once."""
        data = ShareLinkInput(data=request.data)
        data.is_valid(raise_exception=True)
        asked = data.validated_data
        shared = create_link(
            experiment=experiment_of(request, asked["experiment"]),
            actor=str(request.user),
            now=timezone.now(),
            days=asked["days"],
            label=asked["label"],
            exploration_id=asked.get("exploration"),
        )
        url = request.build_absolute_uri(shared_path(shared.token))
        body = ShareLinkSerializer(shared.link).data | {"token": shared.token, "url": url}
        return Response(body, status=201)


class ShareLinkRevoke(APIView):
    """A link that is taken back."""

    scope = "analyses"

    @extend_schema(request=None, responses=ShareLinkSerializer)
    def post(self, request: Request, pk: int) -> Response:
        """Revoke the link; it opens nothing from now on, and stays in the list."""
        rows = ShareLink.objects.filter(pk=pk, experiment__site_id=key_of(request).site_id)
        link = rows.select_related("experiment__site").first()
        if link is None:
            raise NotFound(f"unknown link {pk}")
        done = revoke_link(link=link, actor=str(request.user), now=timezone.now())
        return Response(ShareLinkSerializer(done).data)
