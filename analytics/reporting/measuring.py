"""Every metric's sums, from rollups or rows; one that fails never hides the others."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from django.db import DatabaseError

from analytics.engines.limits import Patience
from analytics.errors import AnalyticsError
from analytics.queries import (
    MetricQuery,
    compile_query,
    moments_of,
    run_groups,
    without_history,
)
from analytics.reporting.quantiles import quantiles_of
from analytics.reporting.scope import EMPTY, Scope
from analytics.rollups.reading import (
    compile_rollups,
    is_readable,
    read_samples,
    states_of,
    units_by_variant,
)
from analytics.selectors import ChosenMetric
from analytics.stats.exact_samples import ExactSample
from analytics.stats.moments import Moments
from analytics.stats.quantiles import QuantileEstimate
from analytics.stats.results import Kind

ROLLUP, ROWS = "rollup", "rows"
SINGLY, QUANTILES = 2.0, 1.0  # how many of the longest statements they take together
JUDGED = "#judged"  # after a metric's key, which holds no such sign
NO_CAPS: Mapping[str, int] = MappingProxyType({})

log = logging.getLogger(__name__)

Samples = dict[int, ExactSample]


@dataclass(slots=True)
class Measured:
    """What was found by metric key and variant id, the statements that ran, and what failed why.

    `moments`: sums as they are. `samples`: those that are judged: under the metric's cap, and with
    the time before exposure as w (and v) where the metric uses it; of quantiles there are none.
    `quantiles`: their estimates. `caps`: of the metrics that have one. `sources`: `ROLLUP` or
    `ROWS`; `notes`: why a metric's rollups were not read.
    """

    moments: dict[str, dict[int, Moments]] = field(default_factory=dict)
    samples: dict[str, Samples] = field(default_factory=dict)
    quantiles: dict[str, dict[int, QuantileEstimate]] = field(default_factory=dict)
    caps: dict[str, int] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def of(self, metric: str, variant_id: int) -> Moments:
        """Return the moments of a metric in a variant; empty where nothing was found."""
        return self.moments.get(metric, {}).get(variant_id, EMPTY)

    def add(self, metric: str, raw: Samples, judged: Samples) -> None:
        """Keep a metric's sums."""
        self.moments[metric] = {variant: moments_of(each) for variant, each in raw.items()}
        self.samples[metric] = judged


def measure(scope: Scope, caps: Mapping[str, int] = NO_CAPS) -> Measured:
    """Return the sums of all metrics, from rollups where these are current.

    `caps`: by metric key, the whole number above which a unit's numerator counts as it.
    """
    found = Measured(caps=dict(caps))
    if scope.reads_rollups:
        _read_rollups(found, scope)
    left = [chosen for chosen in scope.metrics if chosen.metric.key not in found.moments]
    _read_rows(found, scope, [each for each in left if each.kind is not Kind.QUANTILE])
    quantiles = [each for each in left if each.kind is Kind.QUANTILE]
    _try_each(found, scope, quantiles, _add_quantile, Patience(QUANTILES))
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
            _add_rollup(found, scope, chosen, n_units)
        except (AnalyticsError, DatabaseError) as error:
            found.notes[key] = " ".join(str(error).split())


def _add_rollup(
    found: Measured, scope: Scope, chosen: ChosenMetric, n_units: Mapping[int, int]
) -> None:
    key, judged = chosen.metric.key, _judged(found, scope, chosen)
    query = compile_rollups(
        [chosen.query, judged],
        _judged_caps(found),
        with_history=uses_history(scope, chosen),
    )
    sums = read_samples(chosen.metric, scope.cut, n_units, query)
    found.add(key, sums[key], sums[judged.key])
    found.sources[key] = ROLLUP
    found.statements.append(query.sql)


def _judged(found: Measured, scope: Scope, chosen: ChosenMetric) -> MetricQuery:
    """Return the metric as it is judged; under its own key where nothing makes a difference."""
    key = chosen.metric.key
    is_same = key not in found.caps and not uses_history(scope, chosen)
    return chosen.query if is_same else replace(chosen.query, key=key + JUDGED)


def _judged_caps(found: Measured) -> dict[str, int]:
    return {key + JUDGED: cap for key, cap in found.caps.items()}


def uses_history(scope: Scope, chosen: ChosenMetric) -> bool:
    """Tell whether a metric is judged without what its units' own past explains."""
    return chosen.metric.uses_cuped and scope.choices.uses_cuped


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
        _try_each(found, scope, metrics, _add_one, Patience(SINGLY))


def _try_each(
    found: Measured,
    scope: Scope,
    metrics: Sequence[ChosenMetric],
    add: Callable[[Measured, Scope, ChosenMetric], None],
    patience: Patience,
) -> None:
    """Add these metrics one by one; those that take long leave time for the others."""
    for number, chosen in enumerate(metrics):
        with patience.share(len(metrics) - number):
            _try(found, scope, chosen, add)


def _try(
    found: Measured,
    scope: Scope,
    chosen: ChosenMetric,
    add: Callable[[Measured, Scope, ChosenMetric], None],
) -> None:
    try:
        add(found, scope, chosen)
    except (AnalyticsError, DatabaseError) as error:
        found.errors[chosen.metric.key] = " ".join(str(error).split())


def _add_one(found: Measured, scope: Scope, chosen: ChosenMetric) -> None:
    _add(found, scope, [chosen])


def _add(found: Measured, scope: Scope, metrics: Sequence[ChosenMetric]) -> None:
    judged = {each.metric.key: _judged(found, scope, each) for each in metrics}
    others = [query for key, query in judged.items() if query.key != key]
    query = compile_query(
        [*(each.query for each in metrics), *others],
        scope.cut,
        caps=_judged_caps(found),
        with_history=any(uses_history(scope, each) for each in metrics),
    )
    sums = {key: groups.get((), {}) for key, groups in run_groups(query).items()}
    for chosen in metrics:
        key = chosen.metric.key
        found.add(key, sums[key], _as_used(sums[judged[key].key], scope, chosen))
        found.sources[key] = ROWS
    found.statements.append(query.sql)


def _as_used(samples: Samples, scope: Scope, chosen: ChosenMetric) -> Samples:
    """Return the sums without the time before exposure, which others of the statement asked for."""
    if uses_history(scope, chosen):
        return samples
    return {variant: without_history(sample) for variant, sample in samples.items()}


def _add_quantile(found: Measured, scope: Scope, chosen: ChosenMetric) -> None:
    key = chosen.metric.key
    estimated = quantiles_of(chosen.query, scope.cut, alpha=scope.choices.alpha)
    found.quantiles[key], found.moments[key] = estimated.quantiles, estimated.shares
    found.sources[key] = ROWS
    found.statements += estimated.statements
