"""The WSGI entry: what pages wait for on the shortest way, the interface through a bare handler,
screens through the whole chain."""

import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Seconds: somebody waits for the page, and the thread is one of few.
os.environ.setdefault("ARMATURE_DATABASE_TIMEOUT", "10")

import django
from django.conf import settings
from django.core import signals
from django.core.cache import close_caches
from django.core.handlers.wsgi import WSGIHandler
from django.db import reset_queries

from experiments.assignment.hashing import use_kernel

# Probes and scrapes too: they come by addresses that are no host names of the shop.
PROBES = ("/healthz", "/readyz", "/metrics")
API_PREFIXES = ("/api/v1/", "/api/features/", "/ofrep/", "/v1/", *PROBES)


def _handler(middleware: list[str]) -> WSGIHandler:
    """Return a handler with this chain; Django reads the chain once, when a handler is made."""
    before = settings.MIDDLEWARE
    settings.MIDDLEWARE = middleware
    try:
        return WSGIHandler()
    finally:
        settings.MIDDLEWARE = before


django.setup(set_prefix=False)
# Of rooms that are set up now.
from config.storefront import StorefrontHandler  # noqa: E402
from experiments.api.received import events  # noqa: E402
from experiments.health.alarms import alarms  # noqa: E402
from recommenders.api.recommend import recommendations  # noqa: E402

# With every request for nothing: queries are logged while debugging only, and neither of the caches
# that an installation has closes anything.
signals.request_started.disconnect(reset_queries)
signals.request_finished.disconnect(close_caches)
use_kernel()  # where numba is installed; before the first request, which would wait for it
_pages = _handler(settings.MIDDLEWARE)
_api = _handler(settings.API_MIDDLEWARE)
_storefront = StorefrontHandler(
    {"/api/v1/recommendations": recommendations, "/api/v1/events": events}
)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request."""
    alarms.watch()
    path = environ.get("PATH_INFO", "")
    if environ["REQUEST_METHOD"] == "POST" and path in _storefront:
        return _storefront(environ, start_response)
    handler = _api if path.startswith(API_PREFIXES) else _pages
    return handler(environ, start_response)
