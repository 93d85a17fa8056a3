"""Who is calling: the key of a request, its site and scopes, without a query."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse

from experiments.api.problems import Problem
from experiments.keys import digest_of
from experiments.snapshot import KeySpec, SiteSpec, Snapshot, current

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="armature"'}


def authenticate(request: HttpRequest, scope: str) -> tuple[KeySpec, Snapshot]:
    """Return the caller's key and the snapshot it was found in.

    Raises Problem 401 without a valid key, 403 when the key lacks `scope` or a publishable key is
    used from an origin that its site does not list.
    """
    snapshot = current()
    key = snapshot.keys.get(digest_of(_secret_of(request)))
    if key is None or not key.is_valid(datetime.now(UTC)):
        raise Problem(
            401, "invalid_key", "the API key is unknown, revoked or expired", headers=CHALLENGE
        )
    if scope not in key.scopes:
        raise Problem(
            403,
            "missing_scope",
            f"this key lacks the scope {scope!r}",
            hint="Use a key with that scope; scopes are listed with the key in the admin.",
        )
    _check_origin(request, key, snapshot)
    return key, snapshot


def _secret_of(request: HttpRequest) -> str:
    header = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, value = header.partition(" ")
    secret = value.strip() if scheme.lower() == "bearer" else ""
    secret = secret or request.META.get("HTTP_X_API_KEY", "")
    if not secret:
        raise Problem(
            401,
            "missing_key",
            "no API key was given",
            headers=CHALLENGE,
            hint="Send it as 'Authorization: Bearer sk_…' or 'X-API-Key: pk_…'.",
        )
    return secret


def _check_origin(request: HttpRequest, key: KeySpec, snapshot: Snapshot) -> None:
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None or not key.is_publishable:
        return
    if origin not in snapshot.sites[key.site_id].allowed_origins:
        raise Problem(
            403,
            "origin_not_allowed",
            "this origin is not listed by the key's site",
            hint="Add the origin to the site's allowed origins.",
        )


def allow_origin(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Add the CORS header when some site lists the request's origin; never with credentials."""
    origin = request.META.get("HTTP_ORIGIN")
    if origin and any(origin in site.allowed_origins for site in current().sites.values()):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Vary"] = "Origin"
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    return response


def preflight(request: HttpRequest) -> HttpResponse:
    """Answer a browser's preflight request."""
    response = allow_origin(request, HttpResponse(status=204))
    if "Access-Control-Allow-Origin" in response.headers:
        response.headers["Access-Control-Allow-Methods"] = "POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "authorization, content-type, x-api-key"
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def clock_of(key: KeySpec, site: SiteSpec, claimed: datetime | None) -> datetime:
    """Return the time that ages count from; raises Problem 403 unless it may be simulated."""
    if claimed is None:
        return datetime.now(UTC)
    if not site.is_simulated or "simulate" not in key.scopes:
        raise Problem(
            403,
            "clock_refused",
            "this key or site may not set the clock",
            field="context.now",
            hint="Only a simulated site takes it, from a key with the scope 'simulate'.",
        )
    return claimed.astimezone(UTC)
