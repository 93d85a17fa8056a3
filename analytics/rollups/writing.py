"""Rollup rows as they are stored: read for some units, and brought to what they should be."""

from collections.abc import Mapping, Sequence

from django.db import connection
from django.db.models import QuerySet

from analytics.models import Rollup
from analytics.rollups.computing import Key, Row
from analytics.rollups.plans import Plan

COLUMNS = ("variant_id", "y", "x", "pre_y", "pre_x")
INSERT = "INSERT INTO analytics_rollup (experiment_id, phase, metric_id, unit_id, {columns})"
CONFLICT = "ON CONFLICT (experiment_id, phase, metric_id, unit_id) DO UPDATE SET {updates}"
# One array per column: a statement of thousands of rows, parsed once.
ARRAYS = """
SELECT %s, %s, r.* FROM unnest(
    %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]
) AS r
"""
# A look-up for each, whatever the planner knows of a table that grows with every pass.
LOOK_UP = """
SELECT r.metric_id, r.unit_id, {columns}
FROM unnest(%s::bigint[]) AS m(metric_id) CROSS JOIN unnest(%s::text[]) AS u(unit_id)
CROSS JOIN LATERAL (
    SELECT * FROM analytics_rollup r
    WHERE r.experiment_id = %s AND r.phase = %s
        AND r.metric_id = m.metric_id AND r.unit_id = u.unit_id
    OFFSET 0
) r
"""
SLOTS = "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"


def stored_rows(plan: Plan) -> QuerySet[Rollup]:
    """Return the stored rows of a plan's metrics."""
    return Rollup.objects.filter(
        experiment_id=plan.experiment.pk,
        phase=plan.phase,
        metric_id__in=[state.metric_id for state in plan.states],
    )


def rows_kept(plan: Plan, units: Sequence[str]) -> dict[Key, Row]:
    """Return the stored rows of some units by metric and unit."""
    if connection.vendor != "postgresql":
        return read_rows(stored_rows(plan).filter(unit_id__in=units))
    metrics = [state.metric_id for state in plan.states]
    statement = LOOK_UP.format(columns=", ".join(COLUMNS))
    with connection.cursor() as cursor:
        cursor.execute(statement, [metrics, list(units), plan.experiment.pk, plan.phase])
        return {(metric_id, unit): tuple(row) for metric_id, unit, *row in cursor.fetchall()}


def read_rows(rows: QuerySet[Rollup]) -> dict[Key, Row]:
    """Return stored rows by metric and unit."""
    values = rows.values_list("metric_id", "unit_id", *COLUMNS)
    return {(metric_id, unit): tuple(row) for metric_id, unit, *row in values}


def bring_up(plan: Plan, stored: Mapping[Key, Row], due: Mapping[Key, Row]) -> int:
    """Write what differs between the stored rows and those that are due; return how many."""
    gone = [key for key in stored if key not in due]
    changed = {key: row for key, row in due.items() if stored.get(key) != row}
    _delete(plan, gone)
    _upsert(plan, changed)
    return len(gone) + len(changed)


def _delete(plan: Plan, keys: Sequence[Key]) -> None:
    units: dict[int, list[str]] = {}
    for metric_id, unit in keys:
        units.setdefault(metric_id, []).append(unit)
    for metric_id, gone in units.items():
        stored_rows(plan).filter(metric_id=metric_id, unit_id__among=gone).delete()


def _upsert(plan: Plan, rows: Mapping[Key, Row]) -> None:
    if not rows:
        return
    # In order of the key, so that neighbours of the index are written together.
    values = sorted((*key, *row) for key, row in rows.items())
    head = (plan.experiment.pk, plan.phase)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_statement(ARRAYS), [*head, *map(list, zip(*values, strict=True))])
        else:
            cursor.executemany(_statement(SLOTS), [(*head, *row) for row in values])


def _statement(source: str) -> str:
    insert = INSERT.format(columns=", ".join(COLUMNS))
    updates = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS)
    return f"{insert}\n{source}\n{CONFLICT.format(updates=updates)}"
