"""`POST /api/v1/experiments/{key}/links`: a link that shows one variant to whoever opens it."""

from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments.api.examples import LINK
from experiments.api.experiments import experiment_of
from experiments.api.strict import StrictInput
from experiments.links import DEFAULT_DAYS, MAX_DAYS, PARAMETER, make_force_link


class LinkInput(StrictInput):
    """Which variant, for how long, and the page that is to be opened."""

    variant = serializers.CharField(max_length=80)
    days = serializers.IntegerField(min_value=1, max_value=MAX_DAYS, default=DEFAULT_DAYS)
    page = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class LinkSerializer(serializers.Serializer[Any]):
    """The token, which goes into `force`, and the page's address with it."""

    token = serializers.CharField()
    parameter = serializers.CharField()
    expires_at = serializers.DateTimeField()
    address = serializers.CharField(allow_blank=True)


class LinkView(APIView):
    """Links that force a variant; decisions made by one are never counted."""

    scope = "experiments"

    @extend_schema(
        operation_id="experiments_link",
        request=LinkInput,
        responses={201: LinkSerializer},
        examples=[OpenApiExample("the treatment for a week", LINK, request_only=True)],
    )
    def post(self, request: Request, key: str) -> Response:
        """Make a signed link that ends by itself; nothing is stored, so none is taken back."""
        data = LinkInput(data=request.data)
        data.is_valid(raise_exception=True)
        link = make_force_link(
            experiment=experiment_of(request, key), now=datetime.now(UTC), **data.validated_data
        )
        answer = {
            "token": link.token,
            "parameter": PARAMETER,
            "expires_at": link.expires_at,
            "address": link.address,
        }
        return Response(LinkSerializer(answer).data, status=201)
