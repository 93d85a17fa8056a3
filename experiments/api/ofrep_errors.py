"""Refusals as OpenFeature's clients read them: plain JSON with `errorCode` and `errorDetails`."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from experiments.api.problems import Problem, defect, from_exception

# Of the standard's codes; whatever is not listed is GENERAL.
CODES = {
    "invalid_json": "PARSE_ERROR",
    "too_deep": "PARSE_ERROR",
    "not_found": "FLAG_NOT_FOUND",
    "targeting_key_missing": "TARGETING_KEY_MISSING",
}
GENERAL, INVALID_CONTEXT = "GENERAL", "INVALID_CONTEXT"


def answers_ofrep(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a plain view raise, as `answers_problems` does, in the standard's form."""

    @wraps(view)
    def wrapped(request: HttpRequest, **path: str) -> HttpResponse:
        try:
            return view(request, **path)
        except Exception as error:  # noqa: BLE001 - a defect is logged, and answered as one
            problem = from_exception(error) or defect(request.path)
            return _response(problem, path.get("key"))

    return wrapped


def _response(problem: Problem, key: str | None) -> HttpResponse:
    """Return the refusal; clients take nothing but `application/json`, and look for the key."""
    document = problem.document() | error_of(problem)
    if key is not None:
        document["key"] = key
    response = JsonResponse(document, status=problem.status)
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


def error_of(problem: Problem) -> dict[str, Any]:
    """Return the standard's two members."""
    details = f"{problem.detail}. {problem.hint}" if problem.hint else problem.detail
    return {"errorCode": _code(problem), "errorDetails": details}


def _code(problem: Problem) -> str:
    is_in_context = (problem.field or "").startswith("context")
    if is_in_context and problem.code != "targeting_key_missing":
        return INVALID_CONTEXT
    return CODES.get(problem.code, GENERAL)
