"""A report's moments from rollups: a scan of one metric's rows, and no event is read."""

from collections.abc import Mapping

from django.db import connection, transaction
from django.db.models import Count

from analytics.models import Metric, RollupState
from analytics.queries import Cut, MetricQuery, Terms
from analytics.queries.sums import exact_sums, moments_from, sum_columns
from analytics.rollups.plans import follows_rules, query_of
from analytics.stats.moments import Moments
from experiments.models import Experiment, Exposure

Status = RollupState.Status

READABLE = (Status.CURRENT, Status.CLOSED)
SUMS = """WITH u AS (
    SELECT variant_id, {columns}
    FROM analytics_rollup
    WHERE experiment_id = %s AND phase = %s AND metric_id = %s
)
SELECT variant_id, {selected}
FROM u GROUP BY variant_id"""


def states_of(experiment: Experiment, phase: int) -> dict[int, RollupState]:
    """Return the states of a phase by metric id."""
    rows = RollupState.objects.filter(experiment=experiment, phase=phase)
    return {row.metric_id: row for row in rows.select_related("experiment__site", "metric")}


def is_readable(state: RollupState | None) -> bool:
    """Tell whether the rollups say what the rows would."""
    return state is not None and state.status in READABLE and follows_rules(state)


def rollup_sql(metric: MetricQuery) -> str:
    """Return the statement that reduces a metric's rollups to its sums by variant."""
    terms = Terms()
    sides = terms.places(metric)
    names = dict(zip(sides, ("y", "x"), strict=False))
    columns = ", ".join(f"{name} AS c{place}" for place, name in names.items())
    selected = ", ".join(f"SUM({text})" for text in sum_columns(metric, sides, terms.all))
    return SUMS.format(columns=columns, selected=selected)


def units_by_variant(cut: Cut) -> dict[int, int]:
    """Return how many units of a phase count, by variant id."""
    units = Exposure.objects.filter(
        experiment_id=cut.experiment_id, phase=cut.phase, is_multiple=False, traffic=""
    )
    return dict(units.values_list("variant_id").annotate(n=Count("id")).order_by())


def read_moments(metric: Metric, cut: Cut, n_units: Mapping[int, int]) -> dict[int, Moments]:
    """Return the moments of a metric by variant id, exactly as its rows would give them.

    `n_units`: the exposed units that count, by variant id. Units without a row are zeros.
    """
    query = query_of(metric)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(rollup_sql(query), [cut.experiment_id, cut.phase, metric.pk])
        rows = cursor.fetchall()
    sums = {int(variant_id): exact_sums(numbers) for variant_id, *numbers in rows}
    nothing = [0] * (8 if query.kind == "ratio" else 4)
    return {
        variant_id: moments_from(n, sums.get(variant_id, nothing))
        for variant_id, n in n_units.items()
    }
