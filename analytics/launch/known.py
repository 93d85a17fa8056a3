"""What the last four weeks say of each metric of an experiment: its value, its spread, its past."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from django.db import DatabaseError

from analytics.engines.limits import Patience
from analytics.errors import AnalyticsError
from analytics.launch.history import DAYS, Past, values_of
from analytics.queries import check_metric, compile_query, moments_of, run_groups
from analytics.queries.visits import VARIANT
from analytics.reporting.caps import CAPPED, whole_cap
from analytics.reporting.quantiles import quantiles_of
from analytics.selectors import ChosenMetric
from analytics.stats.exact_samples import ExactSample
from analytics.stats.means import mean_estimate
from analytics.stats.planning.design import MetricHistory, history_of
from analytics.stats.proportions import proportion_estimate
from analytics.stats.quantiles import FEWEST_BEYOND, QuantileEstimate
from analytics.stats.ratios import ratio_estimate
from analytics.stats.results import Estimate, Kind, Status
from analytics.stats.robust.winsorise import pooled_cap
from analytics.stats.variance.kept import variance_kept
from experiments.errors import ArmatureError

ESTIMATES = {
    Kind.BINARY: proportion_estimate,
    Kind.MEAN: mean_estimate,
    Kind.RATIO: ratio_estimate,
}
PATIENCE = 1.5  # of the longest statement, that metrics take together when read one by one
NEVER_VARIED = (
    f"did not vary in the last {DAYS} days: nothing was counted, or the same for every unit."
    " Send the events that it counts, or choose another metric"
)

TOO_FEW_VALUES = (
    f"had too few values in the last {DAYS} days to tell how they spread: {FEWEST_BEYOND} beyond"
    " the quantile are needed. Wait for more, or choose a quantile nearer to the middle"
)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a metric; `missing` says why nothing is, and what mends it.

    `history`: its value and the spread of a unit, under the cap, without what the units' own past
    explains; `kept`: the share of the variance that this past leaves, None where it says nothing.
    `lag_days`: how long after its first exposure a unit begins to count.
    """

    chosen: ChosenMetric
    history: MetricHistory | None = None
    kept: float | None = None
    cap: int | None = None
    n_units: int = 0
    lag_days: int = 0
    missing: str = ""

    @property
    def name(self) -> str:
        """Return what the metric is called."""
        return self.chosen.metric.name

    @property
    def uses_past(self) -> bool:
        """Tell whether the metric is one that its units' past is taken out of."""
        return self.chosen.metric.uses_cuped and self.kept is not None

    def adjusted(self) -> MetricHistory | None:
        """Return the history as it is judged with CUPED, where the metric uses it."""
        if self.history is None or self.kept is None or not self.uses_past:
            return self.history
        return replace(self.history, correlation=math.sqrt(1 - self.kept))


def know_all(
    past: Past, metrics: Sequence[ChosenMetric], *, uses_winsor: bool = True
) -> list[Known]:
    """Return what is known of each metric, in their order; reads, writes nothing.

    Metrics that begin to count at the same time share a statement. One that cannot be read hides
    none of the others.
    """
    caps = _caps(past, metrics) if uses_winsor else {}
    found: dict[str, Known] = {}
    ordered = sorted(metrics, key=lag_of)
    for lag, group in groupby(ordered, key=lag_of):
        for each in _know(past.whole(lag), list(group), caps):
            found[each.chosen.metric.key] = replace(each, lag_days=lag)
    return [found[chosen.metric.key] for chosen in metrics]


def lag_of(chosen: ChosenMetric) -> int:
    """Return the days after first exposure before a unit counts: a delay, or a day of return.

    0 of a metric whose definition is broken; it is told where it is read.
    """
    try:
        day = chosen.query.day
    except AnalyticsError:
        return 0
    return chosen.metric.delay_days if day is None else day + 1


def _know(past: Past, metrics: list[ChosenMetric], caps: Mapping[str, int]) -> list[Known]:
    """Return what is known of metrics; together where they can be, else one by one."""
    quantiles = [each for each in metrics if each.kind is Kind.QUANTILE]
    summed = [each for each in metrics if each.kind is not Kind.QUANTILE]
    try:
        found = _sums(past, summed, caps) if summed else {}
        together = [_of_sums(each, found.get(each.metric.key), caps) for each in summed]
    except (AnalyticsError, DatabaseError):
        together = list(_one_by_one(past, summed, caps))
    return [*together, *_one_by_one(past, quantiles, caps)]


def _one_by_one(
    past: Past, metrics: Sequence[ChosenMetric], caps: Mapping[str, int]
) -> Iterable[Known]:
    patience = Patience(PATIENCE)
    for number, chosen in enumerate(metrics):
        try:
            with patience.share(len(metrics) - number):
                found = _alone(past, chosen, caps)
        except (AnalyticsError, DatabaseError) as error:
            found = Known(chosen, missing=f"cannot be read: {' '.join(str(error).split())}")
        yield found


def _alone(past: Past, chosen: ChosenMetric, caps: Mapping[str, int]) -> Known:
    if chosen.kind is Kind.QUANTILE:
        return _of_quantile(chosen, quantiles_of(chosen.query, past.cut).quantiles.get(VARIANT))
    check_metric(chosen.query)
    return _of_sums(chosen, _sums(past, [chosen], caps).get(chosen.metric.key), caps)


def _sums(
    past: Past, metrics: Sequence[ChosenMetric], caps: Mapping[str, int]
) -> dict[str, ExactSample]:
    """Return each metric's exact sums over the units, with those of the time before."""
    query = compile_query([each.query for each in metrics], past.cut, caps=caps, with_history=True)
    found = run_groups(query)
    return {
        key: groups[()][VARIANT] for key, groups in found.items() if VARIANT in groups.get((), {})
    }


def _of_quantile(chosen: ChosenMetric, found: QuantileEstimate | None) -> Known:
    known = Known(chosen)
    if found is None:
        return replace(known, missing=NEVER_VARIED)
    if found.status is Status.INSUFFICIENT_DATA:
        return replace(known, n_units=found.estimate.n, missing=TOO_FEW_VALUES)
    return _with_history(known, found.estimate)


def _of_sums(chosen: ChosenMetric, sums: ExactSample | None, caps: Mapping[str, int]) -> Known:
    known = Known(chosen, cap=caps.get(chosen.metric.key))
    if sums is None:
        return replace(known, missing=NEVER_VARIED)
    found = _with_history(known, ESTIMATES[chosen.kind](moments_of(sums)))
    if found.history is None:
        return found
    return replace(found, kept=variance_kept(sums.centred(), kind=chosen.kind))


def _with_history(known: Known, estimate: Estimate) -> Known:
    """Return what an estimate over the units says, or that it says nothing."""
    try:
        history = history_of(known.chosen.kind, estimate)
    except (AnalyticsError, ArmatureError):
        return replace(known, n_units=estimate.n, missing=NEVER_VARIED)
    return replace(known, history=history, n_units=estimate.n)


def _caps(past: Past, metrics: Sequence[ChosenMetric]) -> dict[str, int]:
    """Return the caps that metrics would have had, by key; none where values cannot be read."""
    found = {}
    for chosen in metrics:
        if chosen.metric.winsor and chosen.kind in CAPPED:
            cap = _cap(past, chosen)
            if cap is not None:
                found[chosen.metric.key] = cap
    return found


def _cap(past: Past, chosen: ChosenMetric) -> int | None:
    try:
        values = values_of(past.whole(lag_of(chosen)), chosen.metric)
    except (AnalyticsError, DatabaseError):
        return None
    return whole_cap(pooled_cap([values], q=float(chosen.metric.winsor or 0)))
