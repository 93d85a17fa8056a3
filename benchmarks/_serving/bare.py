"""The least that a web server and a framework can do: ten item ids as JSON, in WSGI and Django.

A program of its own, started by granian as `benchmarks._serving.bare:raw` or `:view`.
"""

from collections.abc import Callable, Iterable
from typing import Any

import django
import msgspec
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

ANSWER = {"experiment": "home", "variant": "b", "items": [f"sku-{n}" for n in range(10)]}
encoder = msgspec.json.Encoder()


def raw(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer without a framework."""
    body = encoder.encode(ANSWER)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]


def answer(_request: HttpRequest) -> HttpResponse:
    """Answer the same from a view."""
    return HttpResponse(encoder.encode(ANSWER), content_type="application/json")


settings.configure(
    DEBUG=False,
    SECRET_KEY="only for a benchmark on loopback",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    LOGGING_CONFIG=None,
)
django.setup()
urlpatterns = [path("answer", answer)]
view = get_wsgi_application()
