"""`GET /api/v1/events`: what a site received and what became of it, beside the plain view that
takes events, which it does not slow.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from experiments.api import views
from experiments.api.authentication import key_of
from experiments.api.paging import CursorPages
from experiments.errors import InvalidInput
from experiments.models import Site
from experiments.received import Kind, Page, filters_of, page_of

FILTERS = [
    OpenApiParameter("api_key", str, description="Number of the key that sent it; empty: any."),
    OpenApiParameter("unit", str, description="The unit's id, exactly."),
    OpenApiParameter(
        "unit_type", str, enum=["", "visitor", "account", "session"], description="Empty: visitor."
    ),
    OpenApiParameter("event_id", str),
    OpenApiParameter("since", str, description="Received at or after this moment."),
    OpenApiParameter("until", str, description="Received before this moment."),
    OpenApiParameter("cursor", str, description="Where a page goes on; given by `next`."),
    OpenApiParameter("page_size", int, description="50, at most 500."),
]


class ReceivedSerializer(serializers.Serializer[Any]):
    """A received event; what is not known or not said is empty or null."""

    kind = serializers.ChoiceField([kind.value for kind in Kind])
    id = serializers.IntegerField(help_text="Of the row that holds it.")
    received_at = serializers.DateTimeField()
    event_id = serializers.CharField()
    type = serializers.CharField()
    occurred_at = serializers.DateTimeField(allow_null=True)
    api_key = serializers.IntegerField(source="api_key_id", allow_null=True)
    visitor_id = serializers.CharField()
    account_id = serializers.CharField()
    session_id = serializers.CharField()
    request_id = serializers.UUIDField(allow_null=True)
    traffic = serializers.CharField(help_text="Why it is no shopper's; empty for a shopper's.")
    code = serializers.CharField(help_text="Why it was refused.")
    field = serializers.CharField(help_text="The place in the body that was refused.")
    detail = serializers.CharField()
    times = serializers.IntegerField(help_text="How often the same was refused that day.")
    replayed_at = serializers.DateTimeField(allow_null=True)
    replayed_by = serializers.CharField()


class ReceivedPage(serializers.Serializer[Any]):
    """A page of received events; `next` is null on the last one."""

    next = serializers.URLField(allow_null=True)
    results = ReceivedSerializer(many=True)


class ReceivedList(APIView):
    """What the key's site received."""

    scope = "analyses"

    @extend_schema(
        operation_id="events_list",
        parameters=[
            OpenApiParameter("kind", str, description="One or several, separated by commas."),
            OpenApiParameter("type", str),
            OpenApiParameter("request_id", str),
            OpenApiParameter("code", str, description="Why it was refused."),
            OpenApiParameter("day", str, description="The site's day on which it occurred."),
            *FILTERS,
        ],
        responses=ReceivedPage,
    )
    def get(self, request: Request) -> Response:
        """Return accepted, repeated and refused events, newest first.

        Applied ones are those of the nine days before the time asked for, or of `day`; what waits
        to be applied is on the first page. A page may be short and still have a `next`: a walk
        through many rows that do not match stops, and goes on there.
        """
        page = page_asked_for(request)
        rows = ReceivedSerializer(page.rows, many=True).data
        return Response({"next": next_url(request, page), "results": rows})


def page_asked_for(request: Request, **fixed: str) -> Page:
    """Return the page that the address asks for; raises InvalidInput on what it cannot be."""
    site = Site.objects.get(pk=key_of(request).site_id)
    given = {**request.query_params.dict(), **fixed}
    return page_of(
        site,
        filters_of(given, site),
        cursor=given.get("cursor", ""),
        limit=_size_of(given.get("page_size", "")),
    )


def next_url(request: Request, page: Page) -> str | None:
    """Return the address of the next page, None on the last one."""
    if not page.cursor:
        return None
    query = request.query_params.copy()
    query["cursor"] = page.cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _size_of(text: str) -> int:
    if not text:
        return CursorPages.page_size
    if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0 and len(text) < 9):
        raise InvalidInput(f"{text[:40]!r} is no size of a page", field="page_size")
    return min(int(text), CursorPages.max_page_size)


_received = ReceivedList.as_view()


def events(request: HttpRequest) -> HttpResponse:
    """Answer what was received to a GET; everything else belongs to the view that takes events."""
    if request.method in ("GET", "HEAD"):
        return _received(request)
    answer = views.events(request)
    if answer.status_code == 405:
        answer.headers["Allow"] = "GET, HEAD, POST, OPTIONS"
    return answer


# Keys, not cookies, say who calls; and the OpenAPI document finds the GET by its class.
vars(events).update(csrf_exempt=True, cls=ReceivedList, initkwargs={})
