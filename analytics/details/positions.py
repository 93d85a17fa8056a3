"""Clicks by position: of the lists that showed something at a rank, how many were clicked there."""

from collections import Counter
from typing import Any

from django.db import connection

from analytics.details.reading import fetch
from analytics.details.served import basis_of, dropped_lists, served_lists
from analytics.reporting.scope import Scope

MOST_POSITIONS = 20  # further down a list is hardly ever seen
CLICK = "select_item"
NO_RANK = 0
Seen = Counter[tuple[int, int]]

LENGTHS = {
    "postgresql": "jsonb_array_length(s.items)",
    "sqlite": "json_array_length(s.items)",
}
SHOWN = """
SELECT s.variant_id, {length}, COUNT(*)
FROM experiments_slate s WHERE {served} GROUP BY 1, 2
"""
CLICKED = """
SELECT s.variant_id, e.rank, COUNT(DISTINCT s.id)
FROM experiments_event e
JOIN experiments_slate s ON s.site_id = e.site_id AND s.request_id = e.request_id
WHERE e.site_id = %s AND e.type = %s AND e.ts_us <= %s
    AND e.traffic = '' AND e.request_id IS NOT NULL AND {served}
GROUP BY s.variant_id, e.rank
"""


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
        **basis_of(scope),
    }


def _shown(scope: Scope) -> Seen:
    """Return how many lists reached each position, by variant id and position."""
    served, values = served_lists(scope)
    sql = SHOWN.format(length=LENGTHS[connection.vendor], served=served)
    shown: Seen = Counter()
    for variant_id, length, n in fetch(sql, values):
        for position in range(1, min(int(length), MOST_POSITIONS) + 1):
            shown[int(variant_id), position] += int(n)
    return shown


def _clicked(scope: Scope) -> tuple[Seen, int]:
    """Return how many lists were clicked at each rank, and how many were without naming one."""
    served, values = served_lists(scope)
    bound = (scope.experiment.site_id, CLICK, scope.until_us, *values)
    found: Seen = Counter()
    for variant_id, rank, n in fetch(CLICKED.format(served=served), bound):
        if rank is None or rank <= MOST_POSITIONS:
            found[int(variant_id), int(rank or NO_RANK)] += int(n)
    unranked = sum(n for (_variant, rank), n in found.items() if rank == NO_RANK)
    return found, unranked
