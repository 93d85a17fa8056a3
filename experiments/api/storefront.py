"""What the plain views that storefronts call have in common; they skip the framework's layers."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from experiments.api.keys import allow_origin, preflight
from experiments.api.problems import Problem, answers_problems
from experiments.shapes import encoder

View = Callable[[HttpRequest], HttpResponse]


def storefront(view: View) -> View:
    """Return a POST endpoint: preflights answered, refusals readable by the site's own pages."""

    @answers_problems
    def checked(request: HttpRequest) -> HttpResponse:
        _require_post(request)
        return view(request)

    @csrf_exempt  # keys, not cookies, say who calls
    @answers_problems
    @wraps(view)
    def endpoint(request: HttpRequest) -> HttpResponse:
        if request.method == "OPTIONS":
            return preflight(request)
        return allow_origin(request, checked(request))

    return endpoint


def _require_post(request: HttpRequest) -> None:
    if request.method != "POST":
        raise Problem(
            405,
            "method_not_allowed",
            f"{request.method} is not allowed here",
            headers={"Allow": "POST, OPTIONS"},
        )


def json_answer(body: Any, status: int = 200) -> HttpResponse:
    """Return a JSON response made by the fast encoder."""
    return HttpResponse(encoder.encode(body), status=status, content_type="application/json")
