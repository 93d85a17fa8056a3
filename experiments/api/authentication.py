"""The same keys for the management endpoints, which are Django REST framework views."""

from functools import cached_property
from typing import Any, cast

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from experiments.api.keys import CHALLENGE, authenticate
from experiments.api.limits import spend
from experiments.models import ApiKey
from experiments.snapshot import KeySpec


class KeyUser:
    """The caller of a management endpoint: a key, never a person."""

    is_authenticated = True
    is_active = True

    def __init__(self, prefix: str, digest: str = "") -> None:
        self.pk = prefix
        self._digest = digest

    def __str__(self) -> str:
        return self.name

    @cached_property
    def name(self) -> str:
        """Return the name that records carry; no account is called so, for its space."""
        names = ApiKey.objects.filter(digest=self._digest).values_list("name", flat=True)
        return f"key {names.first() or self.pk}"


class KeyAuthentication(BaseAuthentication):
    """Finds the key of a request; `request.auth` is its KeySpec."""

    def authenticate(self, request: Request) -> tuple[KeyUser, Any] | None:
        """Return the caller and its key; raises a 401, 403 or 429 problem."""
        view = request.parser_context.get("view") if request.parser_context else None
        scope = getattr(view, "scope", "")
        key, _snapshot = authenticate(request._request, scope)
        spend(key.digest)
        return KeyUser(key.prefix, key.digest), key

    def authenticate_header(self, _request: Request) -> str:
        """Return the challenge of a 401."""
        return CHALLENGE["WWW-Authenticate"]


def key_of(request: Request) -> KeySpec:
    """Return the key that an authenticated request carries."""
    return cast(KeySpec, request.auth)
