"""What a key may do."""

from typing import TYPE_CHECKING, Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:  # the framework imports this file while its views are half loaded
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """Lets a request through when its key carries the view's `scope`."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Return whether the key carries the scope; a view without a scope is open to nobody."""
        scope = getattr(view, "scope", None)
        key: Any = request.auth
        return key is not None and scope in key.scopes
