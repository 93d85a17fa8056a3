"""Where extremes are capped in a report, and what the cap does to whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import DatabaseError

from analytics.errors import AnalyticsError
from analytics.models import FrozenCap
from analytics.queries import compile_values, run_values
from analytics.reporting.scope import Scope
from analytics.selectors import ChosenMetric
from analytics.stats.results import Kind
from analytics.stats.robust.winsorise import CapReport, cap_report, pooled_cap
from analytics.stats.value_counts import ValueCounts
from experiments.models import Experiment

CAPPED = (Kind.MEAN, Kind.RATIO)
NOBODY = ValueCounts.from_counts({})


@dataclass(slots=True)
class Caps:
    """The caps that are used, by metric key, what each does, and why a metric has none."""

    caps: dict[str, int] = field(default_factory=dict)
    reports: dict[str, CapReport] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


def caps_of(scope: Scope) -> Caps:
    """Return the caps of a scope's metrics; reads, writes nothing.

    Where results are read at every look a cap was fixed before the start; at a fixed horizon it is
    the pooled quantile of the units themselves. A metric whose cap cannot be had stays uncapped.
    """
    found = Caps()
    if not scope.choices.uses_winsor:
        return found
    frozen = _frozen(scope)
    for chosen in scope.metrics:
        if chosen.metric.winsor and chosen.kind in CAPPED:
            _add(found, scope, chosen, frozen)
    return found


def whole_cap(cap: float | None) -> int | None:
    """Return a cap as a whole number of the metric's unit, so that sums stay exact; None for none.

    Rounded up: at the quantile itself nobody is capped. A cap of nothing would make all alike.

    >>> whole_cap(1999.25), whole_cap(0.0)
    (2000, None)
    """
    return -int(-cap // 1) if cap is not None and cap > 0 else None


def _frozen(scope: Scope) -> dict[tuple[int, float], int | None]:
    rows = FrozenCap.objects.filter(experiment=scope.experiment)
    return {(row.metric_id, row.quantile): row.cap for row in rows}


def _add(
    found: Caps,
    scope: Scope,
    chosen: ChosenMetric,
    frozen: Mapping[tuple[int, float], int | None],
) -> None:
    key, q = chosen.metric.key, float(chosen.metric.winsor or 0)
    is_watched = scope.experiment.monitoring == Experiment.Monitoring.ALWAYS_VALID
    cap = frozen.get((chosen.metric.pk, q))
    if is_watched and cap is None:
        found.notes[key] = "not capped: no unit was there before the start to take a cap from"
        return
    try:
        by_variant = run_values(compile_values(chosen.query, scope.cut))
    except (AnalyticsError, DatabaseError) as error:
        found.notes[key] = f"not capped: {' '.join(str(error).split())}"
        return
    values = [by_variant.get(variant.pk, NOBODY) for variant in scope.variants]
    cap = cap if is_watched else whole_cap(pooled_cap(values, q=q))
    if cap is None:
        return
    found.caps[key] = cap
    found.reports[key] = cap_report(values, cap, is_frozen=is_watched, q=None if is_watched else q)
