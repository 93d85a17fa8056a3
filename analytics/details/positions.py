"""Clicks by position: of the lists that showed something at a rank, how many were clicked there."""

from collections import Counter
from typing import Any

from django.db.models import Count, Func, IntegerField

from analytics.details.reading import fetch
from analytics.details.served import dropped_lists, served_lists
from analytics.reporting.scope import Scope
from experiments.assignment.specs import Reason

MOST_POSITIONS = 20  # further down a list is hardly ever seen
CLICK = "select_item"
NO_RANK = 0
Seen = Counter[tuple[int, int]]

CLICKED = """
SELECT s.variant_id, e.rank, COUNT(DISTINCT s.id)
FROM experiments_event e
JOIN experiments_slate s ON s.site_id = e.site_id AND s.request_id = e.request_id
WHERE e.site_id = %s AND e.type = %s AND e.ts_us <= %s
    AND e.traffic = '' AND e.request_id IS NOT NULL
    AND s.experiment_id = %s AND s.phase = %s AND s.ts_us <= %s AND s.reason = %s
    AND s.traffic = '' AND s.variant_id IS NOT NULL
GROUP BY s.variant_id, e.rank
"""


class ListLength(Func):
    """How many items a stored list holds, on each database."""

    function = "json_array_length"
    output_field = IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Return the call as PostgreSQL names it."""
        return self.as_sql(compiler, connection, function="jsonb_array_length", **extra)


def positions_of(scope: Scope) -> dict[str, Any]:
    """Return lists shown and lists clicked at each rank, by variant key.

    `variants`: {key: [{"position": 1, "shown": n, "clicked": n}, …]}, from rank 1 to the longest
    list, at most 20. A list counts once per rank, however often it was clicked there; clicks
    that name no rank are in `unranked`, lists that retention has dropped in `dropped`.
    """
    shown, (clicked, unranked) = _shown(scope), _clicked(scope)
    last = max((position for _variant, position in shown), default=0)
    return {
        "variants": {
            variant.key: [
                {
                    "position": position,
                    "shown": shown[variant.pk, position],
                    "clicked": clicked[variant.pk, position],
                }
                for position in range(1, last + 1)
            ]
            for variant in scope.variants
        },
        "unranked": unranked,
        "dropped": dropped_lists(scope),
    }


def _shown(scope: Scope) -> Seen:
    """Return how many lists reached each position, by variant id and position."""
    rows = (
        served_lists(scope)
        .annotate(length=ListLength("items"))
        .values_list("variant_id", "length")
        .annotate(n=Count("id"))
    )
    shown: Seen = Counter()
    for variant_id, length, n in rows:
        for position in range(1, min(length, MOST_POSITIONS) + 1):
            shown[variant_id, position] += n
    return shown


def _clicked(scope: Scope) -> tuple[Seen, int]:
    """Return how many lists were clicked at each rank, and how many were without naming one."""
    experiment = scope.experiment
    found: Seen = Counter()
    values = (experiment.site_id, CLICK, scope.until_us)
    slates = (experiment.pk, scope.phase, scope.until_us, Reason.SPLIT.value)
    for variant_id, rank, n in fetch(CLICKED, (*values, *slates)):
        if rank is None or rank <= MOST_POSITIONS:
            found[variant_id, rank or NO_RANK] += n
    unranked = sum(n for (_variant, rank), n in found.items() if rank == NO_RANK)
    return found, unranked
