"""Walking a table from its newest row backwards, a bounded stretch of it at a time.

Not every filter has an index, and none is worth slowing the drain for: a walk looks at rows by
their number, at most a million of them, and says where it stopped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

STRETCH = 100_000  # rows; a tenth of a second at most
STRETCHES = 10


@dataclass(frozen=True, slots=True)
class Walked:
    """The rows found, newest first, and the number before which a next walk goes on.

    `before` is None when nothing older is left.
    """

    rows: Sequence[Any]
    before: int | None


def take(rows: QuerySet[Any], *, before: int | None, limit: int) -> Walked:
    """Return up to `limit` of rows that an index finds, those whose number is below `before`."""
    rows = rows.order_by("-pk")
    found = list((rows if before is None else rows.filter(pk__lt=before))[: limit + 1])
    return Walked(found[:limit], found[limit - 1].pk if len(found) > limit else None)


def walk(rows: QuerySet[Any], among: QuerySet[Any], *, before: int | None, limit: int) -> Walked:
    """Return up to `limit` of the rows whose number is below `before`; None: from the newest on.

    `among`: all rows that the walk passes, matching or not.
    """
    top = before if before is not None else _newest(among) + 1
    found: list[Any] = []
    for _number in range(STRETCHES):
        low = max(0, top - STRETCH)
        stretch = {"pk__lt": top, "pk__gte": low}
        part = list(rows.filter(**stretch).order_by("-pk")[: limit - len(found)])
        found += part
        if len(found) >= limit:
            return Walked(found, found[-1].pk)
        # A whole stretch without any row of these days: older ones lie behind it, if any.
        if low == 0 or not (part or among.filter(**stretch).exists()):
            return Walked(found, None)
        top = low
    return Walked(found, top)


def _newest(rows: QuerySet[Any]) -> int:
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0
