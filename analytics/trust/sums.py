"""Per-unit sums by variant: before exposure, or by what units were or met before.

From the rollups, whose rows are found by their key, where these say what the rows would; before
exposure else from the rows of the sample, or from exported days where some were dropped.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Any

from django.db import connection, transaction

from analytics.models import Metric, RollupState
from analytics.queries import compile_query, run_groups
from analytics.queries.sums import exact_sums, moments_from, sum_columns
from analytics.queries.terms import Terms
from analytics.queries.units import Part
from analytics.rollups.computing import rows_of
from analytics.rollups.plans import Plan, query_of
from analytics.rollups.reading import is_readable, states_of
from analytics.selectors import ChosenMetric
from analytics.stats.exact_samples import ExactSample
from analytics.stats.moments import Moments
from analytics.stats.results import Kind
from analytics.trust.facts import Facts
from analytics.trust.sample import chunks

KINDS = (Kind.BINARY, Kind.MEAN, Kind.RATIO)
STRATIFIED = 200_000  # units, at most, that are joined with what they met before

Cells = Mapping[tuple[int, int], Moments]  # by stratum and variant id

BEFORE = """WITH u AS (SELECT variant_id, {columns} FROM analytics_rollup
    WHERE experiment_id = %s AND phase = %s AND metric_id = %s)
SELECT variant_id, {sums} FROM u GROUP BY variant_id"""
BY_STRATUM = """WITH u AS (
    SELECT {stratum} AS g, x.variant_id{columns}
    FROM experiments_exposure x {join}{rollup}
    WHERE x.experiment_id = %s AND x.phase = %s AND NOT x.is_multiple AND x.traffic = ''
        AND x.ts_us <= %s AND x.id %% %s = 0
)
SELECT g, variant_id, COUNT(*){sums} FROM u GROUP BY g, variant_id"""
ROLLUP = """
    LEFT JOIN analytics_rollup r ON r.experiment_id = x.experiment_id AND r.phase = x.phase
        AND r.metric_id = %s AND r.unit_id = x.unit_id"""


def readable_metrics(facts: Facts) -> set[int]:
    """Return the metrics (ids) whose rollups say what the rows of this report would."""
    if not facts.scope.is_present:
        return set()
    states = states_of(facts.scope.experiment, facts.scope.phase)
    return {pk for pk, state in states.items() if is_readable(state)}


def readable_primary(facts: Facts) -> ChosenMetric | None:
    """Return the primary metric where its sums can be read by unit, None elsewhere."""
    readable = readable_metrics(facts)
    for each in facts.scope.metrics:
        if each.role == Metric.Role.PRIMARY and each.metric.kind in KINDS:
            return each if each.metric.pk in readable else None
    return None


def sums_before(facts: Facts, chosen: ChosenMetric) -> dict[int, Moments]:
    """Return a metric's moments in the 28 days before exposure by variant id, from rollups."""
    terms = Terms()
    query = query_of(chosen.metric)
    sides = terms.places(query)
    names = dict(zip(sides, ("pre_y", "pre_x"), strict=False))
    columns = ", ".join(f"{name} AS c{place}" for place, name in names.items())
    sums = ", ".join(f"SUM({text})" for text in sum_columns(query, sides, terms.all))
    cut = facts.scope.cut
    rows = _rows(
        BEFORE.format(columns=columns, sums=sums),
        [cut.experiment_id, cut.phase, chosen.metric.pk],
    )
    found = {int(variant_id): exact_sums(numbers) for variant_id, *numbers in rows}
    nothing = [0] * (8 if query.kind == Kind.RATIO else 4)
    pairs = zip(facts.variant_ids, facts.counts, strict=True)
    return {pk: moments_from(n, found.get(pk, nothing)) for pk, n in pairs}


def sampled_before(facts: Facts, metrics: Sequence[ChosenMetric]) -> dict[int, dict[int, Moments]]:
    """Return the same of some units, from their rows, by metric and variant id.

    Of metrics that are a unit's sums; what else there is, such as a funnel, is left out.
    """
    scope, units = facts.scope, facts.sample.units
    summed = [each for each in metrics if each.query.is_summed]
    states = tuple(
        RollupState(experiment=scope.experiment, phase=scope.phase, metric=each.metric)
        for each in summed
    )
    plan = Plan(scope.experiment, scope.phase, states)
    values: dict[tuple[int, str], tuple[int, int]] = {}
    for ids in chunks(list(units)):
        values |= {key: row[3:] for key, row in rows_of(plan, ids).items()}
    return {each.metric.pk: _pooled(facts, each, values) for each in summed}


def all_before(facts: Facts, metrics: Sequence[ChosenMetric]) -> dict[int, dict[int, Moments]]:
    """Return the same of all units, by the statement of a report, from exported days."""
    by_key = {each.metric.key: each.metric.pk for each in metrics}
    queries = [each.query for each in metrics]
    found = run_groups(compile_query(queries, facts.scope.cut, with_history=True))
    return {
        by_key[key]: {pk: _past_of(sample) for pk, sample in groups.get((), {}).items()}
        for key, groups in found.items()
    }


def _past_of(sample: ExactSample) -> Moments:
    """Return the moments of the columns w, and v of a ratio, as if they were y and x."""
    at = {name: place for place, name in enumerate(sample.names)}
    pairs = combinations_with_replacement(sample.names, 2)
    products = dict(zip(pairs, sample.products, strict=True))
    w = sample.sums[at["w"]]
    if "v" not in at:
        return Moments(sample.n, w, products["w", "w"])
    v, crossed = sample.sums[at["v"]], products["w", "v"]
    return Moments(sample.n, w, products["w", "w"], v, products["v", "v"], crossed)


def _pooled(
    facts: Facts, chosen: ChosenMetric, values: Mapping[tuple[int, str], tuple[int, int]]
) -> dict[int, Moments]:
    pairs: dict[int, list[tuple[int, int]]] = {}
    for unit_id, unit in facts.sample.units.items():
        y, x = values.get((chosen.metric.pk, unit_id), (0, 0))
        y = int(y > 0) if chosen.metric.kind == Kind.BINARY else y
        pairs.setdefault(unit.variant_id, []).append((y, x))
    return {
        pk: Moments.from_values([y for y, _x in group], [x for _y, x in group])
        for pk, group in pairs.items()
    }


def sums_by_stratum(
    facts: Facts, chosen: ChosenMetric | None, stratum: Part, join: Part = ("", ())
) -> dict[tuple[int, int], Moments]:
    """Return a metric's moments by stratum and variant id; of no metric only the units.

    `stratum`: an integer for each exposure `x`, whose own values come first; `join`: what else it
    is taken from.
    """
    terms, columns, sums = Terms(), "", ""
    rollup: Part = ("", ())
    if chosen is not None:
        query = query_of(chosen.metric)
        sides = terms.places(query)
        names = dict(zip(sides, ("y", "x"), strict=False))
        columns = "".join(f", COALESCE(r.{name}, 0) AS c{i}" for i, name in names.items())
        sums = "".join(f", SUM({text})" for text in sum_columns(query, sides, terms.all))
        rollup = (ROLLUP, (chosen.metric.pk,))
    sql = BY_STRATUM.format(
        stratum=stratum[0], columns=columns, join=join[0], rollup=rollup[0], sums=sums
    )
    cut, step = facts.scope.cut, max(1, facts.n_units // STRATIFIED)
    own = (cut.experiment_id, cut.phase, cut.until_us, step)
    rows = _rows(sql, [*stratum[1], *join[1], *rollup[1], *own])
    return {
        (int(g), int(variant_id)): moments_from(int(n), exact_sums(numbers) or [0] * 4)
        for g, variant_id, n, *numbers in rows
    }


def units_in(cells: Cells, stratum: int, variant_id: int) -> int:
    """Return the units of a stratum in a variant."""
    moments = cells.get((stratum, variant_id))
    return moments.n if moments else 0


def _rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
