"""Past the guard of finished computations: rows as another version, or a fault, left them."""

from typing import Any

from django.db.models import QuerySet

from analytics.models.computation import Computations


def rewrite(rows: Computations, **fields: Any) -> int:
    """Change stored computations, finished or not; return how many."""
    return QuerySet.update(rows, **fields)


def forget(rows: Computations) -> None:
    """Delete stored computations, finished or not."""
    QuerySet.delete(rows)
