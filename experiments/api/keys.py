"""Who is calling: the key of a request, its site and scopes, without a query."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse

from experiments.api.problems import Problem
from experiments.keys import PUBLISHABLE_SCOPES, digest_of
from experiments.snapshot import KeySpec, SiteSpec, Snapshot, current

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="armature"'}
# A simulated clock within these needs no care for the ends of the calendar anywhere else.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def authenticate(
    request: HttpRequest, scope: str, *, in_path: str | None = None, given: str | None = None
) -> tuple[KeySpec, Snapshot]:
    """Return the caller's key and the snapshot it was found in.

    `in_path`: the key, where the address itself holds it; only a publishable one is taken there.
    `given`: the key, where a protocol sends it in a place of its own.
    Raises Problem 401 without a valid key, 403 when the key lacks `scope` or a publishable key is
    used from an origin that its site does not list.
    """
    snapshot = current()
    if given is not None:
        secret, is_in_address = given, False
    else:
        secret, is_in_address = (in_path, True) if in_path is not None else _secret_of(request)
    key = snapshot.keys.get(digest_of(secret))
    # Addresses end in logs and histories: a secret key that came in one is not taken.
    if key is None or not key.is_valid(_now()) or (is_in_address and not key.is_publishable):
        raise Problem(
            401,
            "invalid_key",
            "the API key is unknown, revoked or expired",
            headers=CHALLENGE,
            hint="An address takes publishable keys (pk_…) only." if is_in_address else None,
        )
    if scope not in _scopes_of(key):
        raise Problem(
            403,
            "missing_scope",
            f"this key lacks the scope {scope!r}",
            hint="Use a key with that scope; scopes are listed with the key in the admin.",
        )
    _check_origin(request, key, snapshot)
    return key, snapshot


def _now() -> datetime:
    return datetime.now(UTC)


def _scopes_of(key: KeySpec) -> frozenset[str]:
    """Return what a key may do; a publishable one never more than a browser may."""
    return key.scopes & PUBLISHABLE_SCOPES if key.is_publishable else key.scopes


def _secret_of(request: HttpRequest) -> tuple[str, bool]:
    """Return the key as it was sent, and whether it stood in the address."""
    scheme, _, value = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    secret = value.strip() if scheme.lower() == "bearer" else ""
    if secret := secret or request.META.get("HTTP_X_API_KEY", ""):
        return secret, False
    if secret := request.GET.get("key", ""):  # a beacon cannot send headers
        return secret, True
    raise Problem(
        401,
        "missing_key",
        "no API key was given",
        headers=CHALLENGE,
        hint="Send it as 'Authorization: Bearer sk_…' or 'X-API-Key: pk_…'.",
    )


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
    response.headers["Vary"] = "Origin"
    origin = request.META.get("HTTP_ORIGIN")
    if origin and any(origin in site.allowed_origins for site in current().sites.values()):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
    return response


def preflight(request: HttpRequest, method: str = "POST") -> HttpResponse:
    """Answer a browser's preflight request for an endpoint of one method."""
    response = allow_origin(request, HttpResponse(status=204))
    if "Access-Control-Allow-Origin" in response.headers:
        response.headers["Access-Control-Allow-Methods"] = f"{method}, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = (
            "authorization, content-encoding, content-type, if-none-match, x-api-key"
        )
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def clock_of(key: KeySpec, site: SiteSpec, claimed: datetime | None) -> datetime:
    """Return the time that ages count from; raises Problem 403 unless it may be simulated."""
    if claimed is None:
        return _now()
    if not site.is_simulated or "simulate" not in key.scopes:
        raise Problem(
            403,
            "clock_refused",
            "this key or site may not set the clock",
            field="context.now",
            hint="Only a simulated site takes it, from a key with the scope 'simulate'.",
        )
    if not EARLIEST <= claimed < LATEST:
        raise Problem(
            400,
            "out_of_range",
            f"the clock must lie between {EARLIEST.year} and {LATEST.year}",
            field="context.now",
        )
    return claimed.astimezone(UTC)
