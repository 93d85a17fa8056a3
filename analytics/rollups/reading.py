"""A report's sums from rollups: a scan of one metric's rows, and no event is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction
from django.db.models import Count

from analytics.engines.limits import statement_limit
from analytics.models import Metric, RollupState
from analytics.queries import DAY_US, Cut, MetricQuery, Terms, decode_values
from analytics.queries.columns import Columns, Selected, sides_of
from analytics.queries.decoding import sample_of
from analytics.queries.sums import exact_sums
from analytics.rollups.plans import follows_rules
from analytics.stats.exact_samples import ExactSample
from analytics.stats.value_counts import ValueCounts
from experiments.models import Experiment, Exposure

Status = RollupState.Status

READABLE = (Status.CURRENT, Status.CLOSED)
NO_CAPS: Mapping[str, int] = {}
SUMS = """WITH u AS (
    SELECT {columns}
    FROM analytics_rollup r{joins}
    WHERE r.experiment_id = %s AND r.phase = %s AND r.metric_id = %s
),
z AS (
    SELECT variant_id, {sides}
    FROM u
)
SELECT variant_id, {selected}
FROM z GROUP BY variant_id"""
VALUES = """SELECT variant_id, y, COUNT(*) FROM analytics_rollup
WHERE experiment_id = %s AND phase = %s AND metric_id = %s GROUP BY variant_id, y"""
EXPOSED = """
    JOIN experiments_exposure x ON x.experiment_id = r.experiment_id AND x.phase = r.phase
        AND x.unit_id = r.unit_id"""


def states_of(experiment: Experiment, phase: int) -> dict[int, RollupState]:
    """Return the states of a phase by metric id."""
    rows = RollupState.objects.filter(experiment=experiment, phase=phase)
    return {row.metric_id: row for row in rows.select_related("experiment__site", "metric")}


def is_readable(state: RollupState | None) -> bool:
    """Tell whether the rollups say what the rows would."""
    return state is not None and state.status in READABLE and follows_rules(state)


@dataclass(frozen=True, slots=True)
class RollupQuery:
    """A statement over one metric's rollups, and how its columns become sums.

    `queries`: the metric once or more, under keys of its own, each with its cap or none. `n_sums`:
    how many sums a row holds.
    """

    sql: str
    queries: tuple[MetricQuery, ...]
    columns: tuple[Columns, ...]
    n_sums: int


def compile_rollups(
    queries: Sequence[MetricQuery],
    caps: Mapping[str, int] = NO_CAPS,
    *,
    with_history: bool = False,
) -> RollupQuery:
    """Return the statement that reduces a metric's rollups to its sums by variant.

    `queries`: the same metric under different keys; `caps` and `with_history` as in
    `compile_query`. Raises DefinitionError.
    """
    terms, selected = Terms(), Selected()
    columns = tuple(
        selected.columns(
            query,
            sides_of(
                query,
                terms.places(query),
                terms.all,
                cap=caps.get(query.key),
                with_history=with_history,
            ),
        )
        for query in queries
    )
    sides = ", ".join(
        f"{text.replace('{c}', 'c')} AS z{number}" for number, text in enumerate(selected.sides)
    )
    summed = ", ".join(f"SUM({text.replace('{z}', 'z')})" for text in selected.texts)
    own, joins = _columns_of(queries[0], terms)
    sql = SUMS.format(columns=own, joins=joins, sides=sides, selected=summed)
    return RollupQuery(sql, tuple(queries), columns, len(selected.texts))


def _columns_of(query: MetricQuery, terms: Terms) -> tuple[str, str]:
    """Return the columns that stand for the metric's terms, and what they need joined."""
    names = dict(zip(terms.places(query), ("y", "x"), strict=False))
    columns = ["r.variant_id"]
    for place, name in names.items():
        columns += [f"r.{name} AS c{place}", f"r.pre_{name} AS h{place}"]
    if query.day is None:
        return ", ".join(columns), ""
    whole = (query.day + 1) * DAY_US
    columns.append(f"CASE WHEN x.ts_us + {whole} <= %s THEN 1 ELSE 0 END AS m{query.day}")
    return ", ".join(columns), EXPOSED


def units_by_variant(cut: Cut, day: int | None = None) -> dict[int, int]:
    """Return how many units of a phase count, by variant id.

    `day`: of return; then only those for whom it is over at the cut.
    """
    units = Exposure.objects.filter(
        experiment_id=cut.experiment_id, phase=cut.phase, is_multiple=False, traffic=""
    )
    if day is not None:
        units = units.filter(ts_us__lte=cut.until_us - (day + 1) * DAY_US)
    return dict(units.values_list("variant_id").annotate(n=Count("id")).order_by())


def read_samples(
    metric: Metric, cut: Cut, n_units: Mapping[int, int], query: RollupQuery
) -> dict[str, dict[int, ExactSample]]:
    """Return the exact sums of each of the query's keys by variant id, as rows would give them.

    `n_units`: the exposed units that count, by variant id. Units without a row are zeros.
    """
    day = query.queries[0].day
    bound = [cut.experiment_id, cut.phase, metric.pk]
    rows = _rows(query.sql, bound if day is None else [cut.until_us, *bound])
    sums = {int(variant_id): exact_sums(numbers) for variant_id, *numbers in rows}
    counted = n_units if day is None else units_by_variant(cut, day)
    nothing = [0] * query.n_sums
    return {
        each.key: {
            variant: sample_of(replace(columns, n=None), [n, *sums.get(variant, nothing)])
            for variant, n in counted.items()
        }
        for each, columns in zip(query.queries, query.columns, strict=True)
    }


def read_values(metric: Metric, cut: Cut, n_units: Mapping[int, int]) -> dict[int, ValueCounts]:
    """Return how many units have which sum of the numerator, by variant id.

    Units without a row have 0. Of a share the sums are of what it asks about, not yet 0 and 1.
    """
    rows = _rows(VALUES, [cut.experiment_id, cut.phase, metric.pk])
    found: dict[int, int] = {}
    for variant_id, _y, n in rows:
        found[int(variant_id)] = found.get(int(variant_id), 0) + int(n)
    zeros = [(variant, 0, n - found.get(variant, 0)) for variant, n in n_units.items()]
    return decode_values([*rows, *zeros])


def _rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor, statement_limit(cursor):
        cursor.execute(sql, values)
        return list(cursor.fetchall())
