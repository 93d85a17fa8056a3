"""Which columns the frame of an analysis has, and what they are read by."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from analytics.errors import AnalyticsError
from analytics.models import AnalysisSettings, Computation, Metric
from analytics.queries import Cut, MetricQuery, check_metric
from analytics.reporting.scope import cut_of
from analytics.selectors import query_of
from experiments.models import Experiment, Variant

QUANTILE = Metric.Kind.QUANTILE
# What a column holds, by its prefix in a frame; the sides are those of `analytics.queries`.
PREFIXES = {"y": "y", "x": "d", "w": "x", "v": "xd"}


@dataclass(frozen=True, slots=True)
class FrameMetric:
    """A metric as the analysis counted it.

    `row`: its row of the stored results. `queries`: what is asked of the rows, by variant id; of
    most metrics the same of all, of a quantile its shares at the variant's own estimate, as `caps`
    says by the query's key.
    """

    metric: Metric
    chosen: Mapping[str, Any]
    row: Mapping[str, Any]
    uses_history: bool
    queries: Mapping[int, MetricQuery]
    caps: Mapping[str, int] = field(default_factory=dict)

    @property
    def sides(self) -> tuple[str, ...]:
        """Return the sides that become columns: y, x of a quotient, w and v of the time before."""
        own = ("y", "x") if self.metric.kind in (Metric.Kind.RATIO, QUANTILE) else ("y",)
        before = {"y": "w", "x": "v"}
        return (*own, *(before[side] for side in own)) if self.uses_history else own

    @property
    def silent(self) -> list[int]:
        """Return the variants (ids) of which a quantile has no estimate: no unit had a value."""
        if self.metric.kind != QUANTILE:
            return []
        return [pk for pk, query in self.queries.items() if query.key not in self.caps]

    def column(self, side: str) -> str:
        """Return the name of a side's column, such as y:revenue_per_unit."""
        return f"{PREFIXES[side]}:{self.metric.key}"


@dataclass(frozen=True, slots=True)
class FramePlan:
    """An analysis with all that its frame is made of.

    `attributes`: of units at first exposure, those that the report cuts them by. `left_out`:
    metrics without columns, and why.
    """

    analysis: Computation
    experiment: Experiment
    variants: tuple[Variant, ...]
    metrics: tuple[FrameMetric, ...]
    attributes: tuple[str, ...]
    left_out: Mapping[str, str]
    cut: Cut


def plan_of(analysis: Any) -> FramePlan:
    """Return what the frame of a finished analysis holds: the units and metrics it counted."""
    experiment = analysis.experiment
    variants = tuple(experiment.variants.all())
    rows = {row["key"]: row for row in analysis.report["metrics"]}
    left_out = {key: row["error"] for key, row in rows.items() if row["error"]}
    metrics = []
    for chosen in analysis.settings["metrics"]:
        key = chosen["key"]
        if key in left_out or key not in rows:
            continue
        found = _metric(analysis, chosen, rows[key], variants)
        if isinstance(found, str):
            left_out[key] = found
        else:
            metrics.append(found)
    cuts = dict.fromkeys(each["attribute"] for each in analysis.report.get("segments") or ())
    return FramePlan(
        analysis,
        experiment,
        variants,
        tuple(metrics),
        tuple(cuts),
        left_out,
        _cut(analysis, experiment),
    )


def _metric(
    analysis: Any,
    chosen: Mapping[str, Any],
    row: Mapping[str, Any],
    variants: tuple[Variant, ...],
) -> FrameMetric | str:
    """Return a metric in the version that was analysed, or why it can no longer be counted."""
    metric = Metric.objects.filter(
        site_id=analysis.experiment.site_id, key=chosen["key"], version=chosen["version"]
    ).first()
    if metric is None:
        return f"its version {chosen['version']} is gone"
    query = query_of(metric)
    try:
        check_metric(query)
    except AnalyticsError as error:
        return str(error)
    uses_history = bool(metric.uses_cuped and analysis.settings["uses_cuped"])
    if metric.kind == QUANTILE:
        queries, caps = _shares(query, row, variants)
        return FrameMetric(metric, chosen, row, False, queries, caps)
    queries = {variant.pk: query for variant in variants}
    return FrameMetric(metric, chosen, row, uses_history, queries)


def _shares(
    query: MetricQuery, row: Mapping[str, Any], variants: tuple[Variant, ...]
) -> tuple[dict[int, MetricQuery], dict[str, int]]:
    """Return a quantile's queries by variant, and the estimate at which each asks its shares."""
    queries, caps = {}, {}
    for variant in variants:
        key = f"{query.key}@{variant.key}"
        queries[variant.pk] = replace(query, key=key)
        value = row["values"].get(variant.key, {}).get("value")
        if value is not None:
            caps[key] = int(value)
    return queries, caps


def _cut(analysis: Any, experiment: Experiment) -> Cut:
    """Return the rows that the analysis looked at, by its own settings."""
    whole = cut_of(experiment, phase=analysis.phase, until_us=analysis.data_cut_us)
    settings = analysis.settings
    return replace(
        whole,
        window_days=settings["window_days"],
        count_unverified=settings["count_unverified"],
        is_viewed=settings.get("basis") == AnalysisSettings.Basis.VIEWED,
    )
