"""The endpoints that a page waits for, without what Django does around every request.

Django tells its signals of each request, sets its path resolver up and looks for the path; here the
path is known. What else it does is kept: connections that ended are let go before they are used,
and what a view raises becomes an answer and a line in the log.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse

from config.middleware import ApiSecurityMiddleware

View = Callable[[HttpRequest], HttpResponse]


class StorefrontHandler:
    """A WSGI application of a few paths; their views are plain and answer with all they have."""

    def __init__(self, views: Mapping[str, View]) -> None:
        self._views = {path: _chain(view) for path, view in views.items()}

    def __contains__(self, path: str) -> bool:
        """Return whether this path is one of its own."""
        return path in self._views

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer one request for one of its paths."""
        close_old_connections()
        response = self._views[environ["PATH_INFO"]](WSGIRequest(environ))
        status = f"{response.status_code} {response.reason_phrase}"
        start_response(status, list(response.items()))
        return [response.content]


def _chain(view: View) -> View:
    return ApiSecurityMiddleware(cast(View, convert_exception_to_response(view)))
