"""Is the process alive, and can it do its whole job? Degraded is still ready."""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse


def alive(_request: HttpRequest) -> JsonResponse:
    """Answer as long as the process can."""
    return JsonResponse({"status": "ok"})


def ready(_request: HttpRequest) -> JsonResponse:
    """Tell which dependencies answer; lists are served from memory without any of them."""
    parts = {"database": _database(), "cache": _cache()}
    status = "ok" if all(state == "ok" for state in parts.values()) else "degraded"
    return JsonResponse({"status": status, "dependencies": parts})


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unreachable"
    return "ok"


def _cache() -> str:
    try:
        cache.set("readyz", 1, 10)
    except Exception:  # noqa: BLE001 - every cache backend fails in its own way
        return "unreachable"
    return "ok"
