"""What each unit of the past did by each metric: the report's own statement, a row per unit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.engines.database import DATABASE
from analytics.queries import Cut, MetricQuery, compile_values
from analytics.queries.columns import Columns
from analytics.queries.compiler import Compiler
from analytics.reporting.caps import CAPPED, whole_cap
from analytics.reporting.measuring import JUDGED
from analytics.reporting.scope import Scope
from analytics.selectors import ChosenMetric
from analytics.stats.results import Kind
from analytics.stats.robust.winsorise import pooled_cap
from analytics.stats.value_counts import ValueCounts
from experiments.errors import InvalidInput

Whole = NDArray[np.int64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class UnitSums:
    """What one statement sums, before it is summed.

    `numbers`: of shape (n_sums, n_units), whole numbers. `columns`: how they become the sums of
    each of `queries`.
    """

    queries: tuple[MetricQuery, ...]
    columns: tuple[Columns, ...]
    numbers: Whole


@dataclass(frozen=True, slots=True)
class SingleValues:
    """Every value of a quantile metric in rising order, and the place of the unit that had it."""

    query: MetricQuery
    values: Whole
    units: Rows


@dataclass(frozen=True, slots=True)
class UnitValues:
    """All that a scope's metrics know of the units; `caps` by metric key."""

    n_units: int
    sums: tuple[UnitSums, ...]
    singles: tuple[SingleValues, ...]
    caps: Mapping[str, int]


def read_values(scope: Scope, cut: Cut, rows: Rows, frozen: Mapping[str, int]) -> UnitValues:
    """Return what the metrics of a scope know of the units in these rows of a cut.

    `cut`: of numbered visits. `frozen`: caps that are fixed already, by metric key; elsewhere a cap
    is the quantile of these units, whoever they are split into. Raises what the statement raises.
    """
    summed = [each for each in scope.metrics if each.kind is not Kind.QUANTILE]
    caps = _caps(scope, cut, rows, summed, frozen)
    return UnitValues(
        n_units=len(rows),
        sums=tuple(_all_sums(scope, cut, rows, summed, caps)),
        singles=tuple(
            _single_values(each.query, cut, rows)
            for each in scope.metrics
            if each.kind is Kind.QUANTILE
        ),
        caps=caps,
    )


def judged_query(scope: Scope, chosen: ChosenMetric, caps: Mapping[str, int]) -> MetricQuery:
    """Return the metric as it is judged; under its own key where it is judged as it is."""
    is_same = chosen.metric.key not in caps and not uses_history(scope, chosen)
    return chosen.query if is_same else replace(chosen.query, key=chosen.metric.key + JUDGED)


def uses_history(scope: Scope, chosen: ChosenMetric) -> bool:
    """Tell whether what a unit did before its first list explains some of it."""
    return chosen.metric.uses_cuped and scope.choices.uses_cuped


def _caps(
    scope: Scope,
    cut: Cut,
    rows: Rows,
    metrics: Sequence[ChosenMetric],
    frozen: Mapping[str, int],
) -> dict[str, int]:
    wanted = [each for each in metrics if each.metric.winsor and each.kind in CAPPED]
    if not (wanted and scope.choices.uses_winsor):
        return {}
    found = _sums([each.query for each in wanted], cut, rows)
    caps = dict(frozen)
    for chosen, columns in zip(wanted, found.columns, strict=True):
        values = ValueCounts.from_values(found.numbers[columns.sums[0]])
        cap = whole_cap(pooled_cap([values], q=float(chosen.metric.winsor or 0)))
        if cap is not None:
            caps.setdefault(chosen.metric.key, cap)
    return caps


def _all_sums(
    scope: Scope,
    cut: Cut,
    rows: Rows,
    metrics: Sequence[ChosenMetric],
    caps: Mapping[str, int],
) -> Iterable[UnitSums]:
    """Yield the sums of what is judged as it is or capped, and of what history explains."""
    for has_history in (False, True):
        queries: list[MetricQuery] = []
        for chosen in metrics:
            judged = judged_query(scope, chosen, caps)
            if not has_history:
                queries.append(chosen.query)
            if judged is not chosen.query and uses_history(scope, chosen) is has_history:
                queries.append(judged)
        if queries:
            judged_caps = {key + JUDGED: cap for key, cap in caps.items()}
            yield _sums(queries, cut, rows, judged_caps, with_history=has_history)


def _sums(
    queries: Sequence[MetricQuery],
    cut: Cut,
    rows: Rows,
    caps: Mapping[str, int] | None = None,
    *,
    with_history: bool = False,
) -> UnitSums:
    found = Compiler(queries, cut, caps=caps or {}, with_history=with_history)
    texts = ", ".join(text.replace("{z}", "z") for text in found.selected.texts)
    sql, values = found.ending(f"SELECT variant_id, {texts}\nFROM z")
    table = _whole(DATABASE.rows(sql, values), len(found.selected.texts) + 1)
    numbers = np.zeros((table.shape[1] - 1, len(rows)), np.int64)
    numbers[:] = table[np.argsort(table[:, 0]), 1:].T[:, rows]
    return UnitSums(tuple(queries), found.columns, numbers)


def _single_values(query: MetricQuery, cut: Cut, rows: Rows) -> SingleValues:
    found = compile_values(query, cut)
    table = _whole(DATABASE.rows(found.sql, found.values), 3)
    places = np.full(max(int(table[:, 0].max(initial=0)), int(rows.max()) + 1) + 1, -1, np.intp)
    places[rows + 1] = np.arange(len(rows))  # units are numbered from 1
    units = np.repeat(places[table[:, 0]], table[:, 2])
    values = np.repeat(table[:, 1], table[:, 2])
    order = np.argsort(values, kind="stable")
    order = order[units[order] >= 0]
    return SingleValues(query, values[order], units[order])


def _whole(rows: Sequence[Sequence[Any]], width: int) -> Whole:
    """Return rows as whole numbers; raises InvalidInput where one is beyond 63 bits."""
    try:
        return np.array(rows, dtype=object).reshape(len(rows), width).astype(np.int64)
    except (OverflowError, TypeError, ValueError) as error:
        raise InvalidInput(f"a unit's value cannot be summed exactly: {error}") from error
