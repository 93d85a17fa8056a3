"""Every metric's moments, from rollups or rows; one that fails never hides the others."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import DatabaseError

from analytics.errors import AnalyticsError
from analytics.queries import compile_query, run_query
from analytics.rollups.reading import (
    is_readable,
    read_moments,
    rollup_sql,
    states_of,
    units_by_variant,
)
from analytics.scope import EMPTY, Scope
from analytics.selectors import ChosenMetric
from analytics.stats.moments import Moments

ROLLUP, ROWS = "rollup", "rows"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Measured:
    """Moments by metric key and variant id, the statements that ran, and what failed why.

    `sources`: by metric key, `ROLLUP` or `ROWS`; `notes`: why a metric's rollups were not read.
    """

    moments: dict[str, dict[int, Moments]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def of(self, metric: str, variant_id: int) -> Moments:
        """Return the moments of a metric in a variant; empty where nothing was found."""
        return self.moments.get(metric, {}).get(variant_id, EMPTY)


def measure(scope: Scope) -> Measured:
    """Return the moments of all metrics, from rollups where these are current."""
    found = Measured()
    if scope.is_present:
        _read_rollups(found, scope)
    _read_rows(found, scope, [m for m in scope.metrics if m.metric.key not in found.moments])
    return found


def _read_rollups(found: Measured, scope: Scope) -> None:
    """Add what rollups say; whatever they cannot say is left to the rows."""
    states = states_of(scope.experiment, scope.phase)
    n_units = units_by_variant(scope.cut) if any(map(is_readable, states.values())) else {}
    for chosen in scope.metrics:
        key, state = chosen.metric.key, states.get(chosen.metric.pk)
        if state is not None and state.error:
            found.notes[key] = state.error
        if not is_readable(state):
            continue
        try:
            found.moments[key] = read_moments(chosen.metric, scope.cut, n_units)
        except (AnalyticsError, DatabaseError) as error:
            found.notes[key] = " ".join(str(error).split())
            continue
        found.sources[key] = ROLLUP
        found.statements.append(rollup_sql(chosen.query))


def _read_rows(found: Measured, scope: Scope, metrics: Sequence[ChosenMetric]) -> None:
    """Add what the rows say of these metrics.

    They share one statement; when it fails, each is tried alone so that one bad definition never
    hides the rest.
    """
    if not metrics:
        return
    try:
        _add(found, scope, metrics)
    except (AnalyticsError, DatabaseError) as error:
        log.warning("metrics tried singly experiment=%d: %s", scope.experiment.pk, error)
        for chosen in metrics:
            _try(found, scope, chosen)


def _try(found: Measured, scope: Scope, chosen: ChosenMetric) -> None:
    try:
        _add(found, scope, [chosen])
    except (AnalyticsError, DatabaseError) as error:
        found.errors[chosen.metric.key] = " ".join(str(error).split())


def _add(found: Measured, scope: Scope, metrics: Sequence[ChosenMetric]) -> None:
    query = compile_query([chosen.query for chosen in metrics], scope.cut)
    found.moments |= run_query(query)
    found.sources |= dict.fromkeys((chosen.metric.key for chosen in metrics), ROWS)
    found.statements.append(query.sql)
