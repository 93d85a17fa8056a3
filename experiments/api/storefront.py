"""What the plain views that storefronts call have in common; they skip the framework's layers."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from experiments.api.keys import allow_origin, preflight
from experiments.api.problems import Problem, answers_problems
from experiments.intake.shapes import encoder

View = Callable[..., HttpResponse]


def storefront(
    view: View, *, method: str = "POST", answers: Callable[[View], View] = answers_problems
) -> View:
    """Return an endpoint: preflights answered, refusals readable by the site's own pages.

    `answers`: turns what the view raises into a document, where a standard wants another one.
    """

    @answers
    def checked(request: HttpRequest, **path: str) -> HttpResponse:
        _require(method, request)
        return view(request, **path)

    @csrf_exempt  # keys, not cookies, say who calls
    @answers
    @wraps(view)
    def endpoint(request: HttpRequest, **path: str) -> HttpResponse:
        if request.method == "OPTIONS":
            return preflight(request, method)
        return allow_origin(request, checked(request, **path))

    return endpoint


def _require(method: str, request: HttpRequest) -> None:
    allowed = {"GET", "HEAD"} if method == "GET" else {method}
    if request.method not in allowed:
        raise Problem(
            405,
            "method_not_allowed",
            f"{request.method} is not allowed here",
            headers={"Allow": ", ".join([*sorted(allowed), "OPTIONS"])},
        )


def matches_etag(request: HttpRequest, etag: str) -> bool:
    """Return whether the caller already holds the answer with this ETag."""
    held = request.META.get("HTTP_IF_NONE_MATCH", "")
    tags = {tag.strip().removeprefix("W/") for tag in held.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags


def not_modified(etag: str) -> HttpResponse:
    """Return a 304, which repeats the ETag and has no body."""
    response = HttpResponse(status=304)
    del response.headers["Content-Type"]
    response.headers["ETag"] = etag
    return response


def json_answer(body: Any, status: int = 200) -> HttpResponse:
    """Return a JSON response made by the fast encoder."""
    return HttpResponse(encoder.encode(body), status=status, content_type="application/json")
