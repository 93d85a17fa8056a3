"""The sample's rows where days were dropped: from exported days, all units in one statement.

The tables' indexes are of no use there, and each statement reads the files once. Moments that are
dates in the tables are microseconds in the files.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from analytics.engines.current import IN_USE
from analytics.queries.units import slots
from analytics.reporting.scope import Scope
from experiments.assignment.specs import Reason

SHOWN = """SELECT unit_id, variant_id, reason FROM experiments_slate
WHERE experiment_id = %s AND phase = %s AND ts_us <= %s AND unit_id IN ({ids}) LIMIT {most}"""
DONE = """SELECT {column}, ts_us, received_us, request_id FROM experiments_event
WHERE site_id = %s AND ts_us >= %s AND ts_us <= %s AND traffic = '' AND {column} IN ({ids})
LIMIT {most}"""
QUOTED = """SELECT request_id, variant_id FROM experiments_slate
WHERE site_id = %s AND experiment_id = %s AND phase = %s AND reason = %s
    AND variant_id IS NOT NULL AND request_id IN ({ids})"""


def shown_to(scope: Scope, units: Sequence[str], most: int) -> Iterator[tuple[Any, ...]]:
    """Yield unit, variant id and reason of the lists that the units were shown."""
    sql = SHOWN.format(ids=slots(units), most=most)
    for row in _rows(sql, (scope.experiment.pk, scope.phase, scope.until_us), units):
        yield tuple(row)


def done_by(
    scope: Scope, column: str, units: Sequence[str], since_us: int, most: int
) -> Iterator[tuple[str, int, int, UUID | None]]:
    """Yield unit, when, when that was told, and the list that is quoted, of the units' events."""
    sql = DONE.format(column=column, ids=slots(units), most=most)
    bound = (scope.experiment.site_id, since_us, scope.until_us)
    for unit, ts_us, received_us, request in _rows(sql, bound, units):
        yield str(unit), int(ts_us), int(received_us), UUID(request) if request else None


def variants_of(scope: Scope, requests: Sequence[UUID]) -> Iterator[tuple[UUID, int]]:
    """Yield the variants that lists of this phase showed, by their requests."""
    sql = QUOTED.format(ids=slots(requests))
    experiment = scope.experiment
    bound = (experiment.site_id, experiment.pk, scope.phase, Reason.SPLIT.value)
    for request, variant_id in _rows(sql, bound, [str(each) for each in requests]):
        yield UUID(request), int(variant_id)


def _rows(sql: str, bound: Sequence[Any], ids: Sequence[str]) -> Sequence[Sequence[Any]]:
    return IN_USE.rows(sql, (*bound, *ids)) if ids else []
