"""Making and finding API keys; a secret is shown once and kept only as its SHA-256."""

import hashlib
import secrets
from collections.abc import Iterable

from django.utils import timezone

from experiments.errors import InvalidInput
from experiments.models import ApiKey, Site

PREFIXES = {ApiKey.Kind.PUBLISHABLE: "pk_", ApiKey.Kind.SECRET: "sk_"}
# What a browser may do is fixed; a secret key carries its scopes.
PUBLISHABLE_SCOPES = frozenset({"recommend", "events", "assign"})
SCOPES = PUBLISHABLE_SCOPES | {"items", "experiments", "analyses", "simulate", "subjects"}
# What no shop's server needs is given to a key of its own.
DEFAULT_SECRET_SCOPES = tuple(sorted(SCOPES - {"simulate", "subjects"}))


def digest_of(secret: str) -> str:
    """Return the hex SHA-256 of a key; 256 random bits need no salt and no stretching."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def create_api_key(
    *,
    site: Site,
    name: str,
    kind: str = ApiKey.Kind.SECRET,
    scopes: Iterable[str] | None = None,
) -> tuple[ApiKey, str]:
    """Return a new key's row and its secret, which cannot be shown again."""
    wanted = set(DEFAULT_SECRET_SCOPES if scopes is None else scopes)
    if kind == ApiKey.Kind.PUBLISHABLE:
        wanted = set(PUBLISHABLE_SCOPES)
    if unknown := wanted - SCOPES:
        raise InvalidInput(
            f"unknown scope {sorted(unknown)[0]!r}; known: {', '.join(sorted(SCOPES))}",
            field="scopes",
        )
    secret = PREFIXES[ApiKey.Kind(kind)] + secrets.token_urlsafe(32)
    row = ApiKey.objects.create(
        site=site,
        name=name,
        kind=kind,
        prefix=secret[:10],
        digest=digest_of(secret),
        scopes=sorted(wanted),
    )
    return row, secret


def revoke_api_key(*, key: ApiKey) -> ApiKey:
    """Revoke a key; every process refuses it within the snapshot's refresh time."""
    key.revoked_at = key.revoked_at or timezone.now()
    key.save(update_fields=["revoked_at"])
    return key
