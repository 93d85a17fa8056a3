"""Walking a table from its newest row backwards, a bounded stretch of it at a time.

Not every filter has an index, and none is worth slowing the drain for: a walk looks at rows by
their number, at most a million of them, and says where it stopped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, QuerySet

STRETCH = 100_000  # rows; a tenth of a second at most
STRETCHES = 10


@dataclass(frozen=True, slots=True)
class Walked:
    """The rows found, newest first, and the number before which a next walk goes on.

    `before` is None when nothing older is left.
    """

    rows: Sequence[Any]
    before: int | None


def walk(rows: QuerySet[Any], *, before: int | None, limit: int, is_indexed: bool) -> Walked:
    """Return up to `limit` of the rows whose number is below `before`; None: from the newest on.

    `is_indexed`: the rows are found by an index of what they are filtered by, all at once.
    """
    rows = rows.order_by("-pk")
    if is_indexed:
        found = list((rows if before is None else rows.filter(pk__lt=before))[: limit + 1])
        return Walked(found[:limit], found[limit - 1].pk if len(found) > limit else None)
    return _by_stretches(rows, before, limit)


def _by_stretches(rows: QuerySet[Any], before: int | None, limit: int) -> Walked:
    top = before if before is not None else _newest(rows) + 1
    found: list[Any] = []
    for _stretch in range(STRETCHES):
        low = max(0, top - STRETCH)
        part = rows.filter(pk__lt=top, pk__gte=low)
        found += part[: limit - len(found)]
        if len(found) >= limit:
            return Walked(found, found[-1].pk)
        if low == 0:
            return Walked(found, None)
        top = low
    return Walked(found, top)


def _newest(rows: QuerySet[Any]) -> int:
    """Return the number of the newest row of the whole table, matching or not."""
    newest = rows.model.objects.aggregate(pk=Max("pk"))["pk"]
    return int(newest or 0)
