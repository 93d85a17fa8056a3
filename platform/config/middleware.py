"""Response headers per area."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Adds the content security policy; the admin and the API page get their stated exceptions."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the response with its policy header."""
        if request.path.startswith("/admin/"):
            response._csp_update = settings.CSP_ADMIN  # type: ignore[attr-defined]
        elif request.path.startswith("/api/docs/"):
            response._csp_update = settings.CSP_DOCS  # type: ignore[attr-defined]
        return super().process_response(request, response)


class ApiSecurityMiddleware:
    """Marks API answers as data that no browser may sniff, frame or cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Return the response with the API's headers."""
        response = self.get_response(request)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-store")
        return response
