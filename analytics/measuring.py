"""Every metric's moments from the rows; one that fails never hides the others."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import DatabaseError

from analytics.errors import AnalyticsError
from analytics.queries import compile_query, run_query
from analytics.scope import EMPTY, Scope
from analytics.selectors import ChosenMetric
from analytics.stats.moments import Moments

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Measured:
    """Moments by metric key and variant id, the statements that ran, and what failed why."""

    moments: dict[str, dict[int, Moments]] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def of(self, metric: str, variant_id: int) -> Moments:
        """Return the moments of a metric in a variant; empty where nothing was found."""
        return self.moments.get(metric, {}).get(variant_id, EMPTY)


def measure(scope: Scope) -> Measured:
    """Return the moments of all metrics.

    They share one statement; when it fails, each is tried alone so that one bad definition never
    hides the rest.
    """
    found = Measured()
    if not scope.metrics:
        return found
    try:
        _add(found, scope, scope.metrics)
    except (AnalyticsError, DatabaseError) as error:
        log.warning("metrics tried singly experiment=%d: %s", scope.experiment.pk, error)
        for chosen in scope.metrics:
            _try(found, scope, chosen)
    return found


def _try(found: Measured, scope: Scope, chosen: ChosenMetric) -> None:
    try:
        _add(found, scope, [chosen])
    except (AnalyticsError, DatabaseError) as error:
        found.errors[chosen.metric.key] = " ".join(str(error).split())


def _add(found: Measured, scope: Scope, metrics: Sequence[ChosenMetric]) -> None:
    query = compile_query([chosen.query for chosen in metrics], scope.cut)
    found.moments |= run_query(query)
    found.statements.append(query.sql)
