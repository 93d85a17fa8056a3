"""Lists are paged by cursor, newest first."""

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from experiments.api.problems import Problem


class CursorPages(CursorPagination):
    """Pages of 50, at most 500."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500

    def decode_cursor(self, request: Request) -> Any:
        """Return the cursor of a request, None without one; raises Problem 400 on a made-up one."""
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise _invalid() from None
        # The framework hands the position to the query unread.
        if cursor is not None and not str(cursor.position or "0").isdecimal():
            raise _invalid()
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return a page's shape as OpenAPI 3.1 writes it; the framework writes that of 3.0."""
        page: dict[str, Any] = super().get_paginated_response_schema(schema)
        for name in ("next", "previous"):
            page["properties"][name] = {"type": ["string", "null"], "format": "uri"}
        return page


def _invalid() -> Problem:
    return Problem(
        400,
        "invalid_cursor",
        "this cursor was not given by the list",
        field="cursor",
        hint="Follow the addresses in 'next' and 'previous'.",
    )
