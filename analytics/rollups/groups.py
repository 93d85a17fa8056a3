"""A metric's sums by attributes of units, from rollups: no event is read."""

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.engines.database import DATABASE
from analytics.queries import DAY_US, Cut, Groups, MetricQuery, Terms
from analytics.queries.columns import Selected, sides_of
from analytics.queries.decoding import samples_of
from analytics.queries.groups import grouping
from analytics.queries.units import exposed

NAMES = ("y", "x")
BY_GROUP = """WITH {exposed},
u AS (
    SELECT f.variant_id{groups}{columns}
    FROM f LEFT JOIN analytics_rollup r ON r.experiment_id = %s AND r.phase = %s
        AND r.metric_id = %s AND r.unit_id = f.unit_id
),
z AS (
    SELECT variant_id{groups}, {sides}
    FROM u
)
SELECT variant_id{groups}, COUNT(*), {selected}
FROM z GROUP BY variant_id{groups}"""


def read_groups(
    metric_id: int,
    query: MetricQuery,
    cut: Cut,
    by: Sequence[str],
    caps: Mapping[str, int],
    *,
    with_history: bool,
) -> Groups:
    """Return a metric's exact sums by group and variant id, as its rows would give them.

    Arguments as in `compile_query`. Rollups and exposures are in the database whatever was
    dropped. Raises DefinitionError, TooSlowError and DatabaseError.
    """
    terms, selected = Terms(), Selected()
    places, cap = terms.places(query), caps.get(query.key)
    sides = sides_of(query, places, terms.all, cap=cap, with_history=with_history)
    columns = selected.columns(query, sides)
    head, values = exposed(cut, grouping(by, cut))
    own, bound = _columns(query, places, cut)
    sql = BY_GROUP.format(
        exposed=head,
        groups="".join(f", g{number}" for number in range(len(by))),
        columns=own,
        sides=", ".join(f"{t.replace('{c}', 'c')} AS z{i}" for i, t in enumerate(selected.sides)),
        selected=", ".join(f"SUM({text.replace('{z}', 'z')})" for text in selected.texts),
    )
    rows = DATABASE.rows(sql, (*values, *bound, cut.experiment_id, cut.phase, metric_id))
    return samples_of([query], [columns], by, rows, is_daily=False)[query.key]


def _columns(query: MetricQuery, places: Sequence[int], cut: Cut) -> tuple[str, tuple[Any, ...]]:
    """Return the columns of a unit's sums: zeros where it has no rollup, with what they bind."""
    found = ""
    for place, name in zip(places, NAMES, strict=False):
        found += f", COALESCE(r.{name}, 0) AS c{place}, COALESCE(r.pre_{name}, 0) AS h{place}"
    if query.day is None:
        return found, ()
    whole = (query.day + 1) * DAY_US
    mature = f", CASE WHEN f.t0 + {whole} <= %s THEN 1 ELSE 0 END AS m{query.day}"
    return found + mature, (cut.until_us,)
