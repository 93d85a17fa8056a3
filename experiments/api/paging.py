"""Lists are paged by cursor, newest first."""

from rest_framework.pagination import CursorPagination


class CursorPages(CursorPagination):
    """Pages of 50, at most 500."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
