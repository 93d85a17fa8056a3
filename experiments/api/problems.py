"""Every refusal as one problem document (RFC 9457)."""

import logging
import uuid
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions as drf
from rest_framework.response import Response

from experiments.errors import ArmatureError, EditConflict

log = logging.getLogger(__name__)

TITLES = {
    400: "The request is malformed",
    401: "No valid key was given",
    403: "The key may not do this",
    404: "There is no such thing",
    405: "The method is not allowed here",
    406: "The answer cannot be given in that form",
    409: "The state does not allow this",
    411: "The request has no length",
    413: "The request is too large",
    415: "The media type is not supported",
    429: "Too many requests",
    500: "The service failed",
    503: "The service cannot do this now",
}
CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """A refusal with everything its document says."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        hint: str | None = None,
        headers: dict[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.field, self.hint, self.headers = field, hint, headers or {}
        self.extra = extra or {}
        self.request_id = str(uuid.uuid4())

    def document(self) -> dict[str, Any]:
        """Return the document's members."""
        return {
            "type": f"urn:armature:problem:{self.code}",
            "title": TITLES.get(self.status, "The request was refused"),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "field": self.field,
            "hint": self.hint,
            "request_id": self.request_id,
            **self.extra,
        }


def problem_response(problem: Problem) -> HttpResponse:
    """Return the problem as a response."""
    response = JsonResponse(
        problem.document(),
        status=problem.status,
        content_type=CONTENT_TYPE,
        # A lone surrogate in an echoed value must not break the answer.
        json_dumps_params={"ensure_ascii": True},
    )
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


def from_exception(error: Exception) -> Problem | None:
    """Return the problem that describes an expected error, None for a defect of ours."""
    match error:
        case Problem():
            return error
        case EditConflict():
            return _conflict(error)
        case ArmatureError():
            return Problem(error.status, error.code, str(error), field=error.field, hint=error.hint)
        case ValidationError():
            return _from_model_validation(error)
        case Http404():
            return Problem(404, "not_found", str(error) or "no such resource")
        case PermissionDenied():
            return Problem(403, "forbidden", str(error) or "not allowed")
        case SuspiciousOperation():
            return Problem(400, "bad_request", "the request's headers cannot be trusted")
        case OperationalError() | InterfaceError():
            return _unavailable(error)
        case drf.APIException():
            return _from_drf(error)
    return None


def _conflict(error: EditConflict) -> Problem:
    """Return the refusal of an edit with every field on which the two editors differ."""
    diff = [
        {"field": name, "yours": yours, "theirs": theirs, "base": error.base.get(name)}
        for name, yours, theirs in error.diff
    ]
    extra = {"version": error.version, "diff": diff}
    return Problem(
        error.status, error.code, str(error), field=error.field, hint=error.hint, extra=extra
    )


def _unavailable(error: Exception) -> Problem:
    log.error("database did not answer: %s", error)
    return Problem(
        503,
        "unavailable",
        "the database does not answer; try again",
        headers={"Retry-After": "2"},
    )


def defect(path: str) -> Problem:
    """Log the exception being handled; return the problem that quotes the log's line."""
    problem = Problem(500, "internal", "the service failed; it has been logged")
    log.exception("request failed path=%s request_id=%s", path, problem.request_id)
    return problem


def _from_model_validation(error: ValidationError) -> Problem:
    if hasattr(error, "error_dict"):
        field, messages = next(iter(error.message_dict.items()))
        return Problem(400, "invalid", messages[0], field=None if field == "__all__" else field)
    return Problem(400, "invalid", error.messages[0])


def _from_drf(error: drf.APIException) -> Problem:
    field, detail = first_detail(error.detail)
    code = "invalid_json" if isinstance(error, drf.ParseError) else getattr(detail, "code", None)
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return Problem(
        error.status_code, code or error.default_code, str(detail), field=field, headers=headers
    )


def first_detail(detail: Any, path: str = "") -> tuple[str | None, Any]:
    """Return the path and the text of the first error in the framework's nested detail.

    >>> first_detail({"variants": {1: {"weight": ["too small"]}}})
    ('variants[1].weight', 'too small')
    """
    if isinstance(detail, dict) and detail:
        name, value = next(iter(detail.items()))
        return first_detail(value, _joined(path, name))
    if isinstance(detail, list):
        for index, value in enumerate(detail):
            if value:
                nested = isinstance(value, dict | list)
                return first_detail(value, _joined(path, index) if nested else path)
        return path or None, "invalid"
    return path or None, detail


def _joined(path: str, step: str | int) -> str:
    if step == "non_field_errors":
        return path
    if isinstance(step, int):
        return f"{path}[{step}]"
    return f"{path}.{step}" if path else step


def drf_exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """Turn what an API view raised into a problem document; a defect into a logged 500."""
    problem = from_exception(error) or defect(context["request"].path)
    response = Response(problem.document(), status=problem.status, content_type=CONTENT_TYPE)
    for name, value in problem.headers.items():
        response.headers[name] = value
    return response


def answers_problems(
    view: Callable[..., HttpResponse],
) -> Callable[..., HttpResponse]:
    """Let a plain view raise: expected errors become problem documents, defects a logged one."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - a defect is logged, and answered as one
            return problem_response(from_exception(error) or defect(request.path))

    return wrapped
