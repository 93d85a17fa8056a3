"""Computing one report: moments from rows, comparisons from moments, a verdict from both."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Min

from analytics.errors import AnalyticsError
from analytics.formatting import value_format
from analytics.models import Metric
from analytics.queries import DAY_US, Cut, Query, compile_query, run_query
from analytics.results import MetricRow, Report, VariantRow
from analytics.selectors import ChosenMetric, metrics_of
from analytics.stats.compare import compare
from analytics.stats.decision import decide
from analytics.stats.moments import Moments
from analytics.stats.multiplicity import Adjustment, adjust
from analytics.stats.results import (
    Comparison,
    Direction,
    ExposureCheck,
    Kind,
    Monitoring,
    SplitCheck,
)
from analytics.stats.srm import exposure_check, split_check
from analytics.stats.verdicts import DecisionInputs, Guardrail, TreatmentInputs
from experiments import selectors as experiment_selectors
from experiments.clock import microseconds
from experiments.models import Experiment, Exposure, Variant

log = logging.getLogger(__name__)

ALPHA = 0.05
EMPTY = Moments(0, 0, 0)
ENDED = ("ended", "archived")


@dataclass(frozen=True, slots=True)
class Computed:
    """A report with what it was computed from."""

    report: Report
    moments: dict[str, dict[str, dict[str, object]]]
    sql: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What one report looks at."""

    experiment: Experiment
    phase: int
    until_us: int
    variants: tuple[Variant, ...]
    metrics: tuple[ChosenMetric, ...]

    @property
    def control(self) -> Variant:
        """Return the control."""
        return next(variant for variant in self.variants if variant.is_control)

    @property
    def treatments(self) -> list[Variant]:
        """Return the treatments in the order of set-up."""
        return [variant for variant in self.variants if not variant.is_control]


def compute_report(experiment: Experiment, *, phase: int, until_us: int) -> Computed:
    """Return the report of one phase from the rows up to `until_us`; reads, writes nothing.

    A metric that cannot be computed says why on its own row; the others stand.
    """
    scope = Scope(
        experiment, phase, until_us, tuple(experiment.variants.all()), tuple(metrics_of(experiment))
    )
    found, queries, errors = _moments(scope)
    counts = experiment_selectors.exposure_counts(
        experiment_id=experiment.pk, phase=phase, until_us=until_us
    )
    units = [counts.by_variant.get(variant.pk, 0) for variant in scope.variants]
    weights = [variant.weight for variant in scope.variants]
    split = split_check(units, weights)
    exposure = exposure_check(counts.multiple, sum(units) + counts.multiple, weights=weights)
    comparisons = _comparisons(scope, found)
    from_us = _first_exposure_us(scope)
    days = full_days(experiment, from_us, until_us)
    report = Report(
        experiment=experiment.key,
        phase=phase,
        status=experiment.status,
        monitoring=experiment.monitoring,
        unit_type=experiment.unit_type,
        window_days=experiment.window_days,
        planned_days=experiment.planned_days,
        planned_units=experiment.planned_units,
        mde=experiment.mde,
        days=days,
        from_us=from_us,
        until_us=until_us,
        currency=experiment.site.currency,
        alpha=ALPHA,
        variants=_variant_rows(scope, units),
        split=split.to_dict(),
        exposure=exposure.to_dict(),
        metrics=tuple(
            _metric_row(scope, each, found, comparisons, errors) for each in scope.metrics
        ),
        verdict=_verdict(scope, comparisons, split, exposure, days),
        unattributed=experiment_selectors.unattributed_events(
            experiment.site_id, from_us=from_us or 0, until_us=until_us
        ),
        waiting=experiment_selectors.waiting_batches(experiment.site_id),
    )
    return Computed(report, _stored_moments(scope, found), "\n\n".join(q.sql for q in queries))


MomentsByMetric = dict[str, dict[int, Moments]]


def _moments(scope: Scope) -> tuple[MomentsByMetric, list[Query], dict[str, str]]:
    """Return every metric's moments by variant, the statements that ran, and what failed why.

    All metrics share one statement; when it fails, each is tried alone so that one bad
    definition never hides the rest.
    """
    try:
        return *_run(scope, scope.metrics), {}
    except (AnalyticsError, DatabaseError) as error:
        log.warning(
            "metrics fail together, trying each experiment=%d: %s", scope.experiment.pk, error
        )
    found: MomentsByMetric = {}
    queries: list[Query] = []
    errors: dict[str, str] = {}
    for chosen in scope.metrics:
        try:
            own, ran = _run(scope, [chosen])
            found |= own
            queries += ran
        except (AnalyticsError, DatabaseError) as error:
            errors[chosen.metric.key] = str(error)
    return found, queries, errors


def _run(scope: Scope, metrics: Sequence[ChosenMetric]) -> tuple[MomentsByMetric, list[Query]]:
    if not metrics:
        return {}, []
    experiment = scope.experiment
    cut = Cut(
        site_id=experiment.site_id,
        experiment_id=experiment.pk,
        phase=scope.phase,
        unit_type=experiment.unit_type,
        window_days=experiment.window_days,
        until_us=scope.until_us,
        count_unverified=experiment.site.count_unverified,
    )
    query = compile_query([chosen.query for chosen in metrics], cut)
    with transaction.atomic():
        return run_query(query), [query]


Comparisons = dict[tuple[str, str], Comparison]


def _comparisons(scope: Scope, found: MomentsByMetric) -> Comparisons:
    """Return each metric of each treatment against control, secondary p-values adjusted (BH)."""
    out: Comparisons = {}
    for chosen in scope.metrics:
        if chosen.metric.key not in found:
            continue
        by_variant = found[chosen.metric.key]
        for treatment in scope.treatments:
            out[chosen.metric.key, treatment.key] = compare(
                Kind(chosen.metric.kind),
                by_variant.get(scope.control.pk, EMPTY),
                by_variant.get(treatment.pk, EMPTY),
                monitoring=Monitoring(scope.experiment.monitoring),
                alpha=ALPHA,
                planned_n=_planned_pair(scope.experiment, len(scope.variants)),
            )
    return _with_adjusted(scope, out)


def _with_adjusted(scope: Scope, comparisons: Comparisons) -> Comparisons:
    """Return the comparisons, the primary metric's by Holm over treatments, the secondary by BH."""
    for role, method in (
        (Metric.Role.PRIMARY, Adjustment.HOLM),
        (Metric.Role.SECONDARY, Adjustment.BENJAMINI_HOCHBERG),
    ):
        keys = {chosen.metric.key for chosen in scope.metrics if chosen.role == role}
        family = [place for place in comparisons if place[0] in keys]
        if len(family) > 1:
            adjusted = adjust([comparisons[place] for place in family], method)
            comparisons |= dict(zip(family, adjusted, strict=True))
    return comparisons


def _planned_pair(experiment: Experiment, variants: int) -> int | None:
    """Return the planned units of one comparison: two variants' share of all."""
    if not experiment.planned_units or variants < 2:
        return None
    return max(2, round(experiment.planned_units * 2 / variants))


def _first_exposure_us(scope: Scope) -> int | None:
    rows = Exposure.objects.filter(
        experiment=scope.experiment, phase=scope.phase, ts_us__lte=scope.until_us
    )
    return rows.aggregate(first=Min("ts_us"))["first"]


def full_days(experiment: Experiment, from_us: int | None, until_us: int) -> int:
    """Return the full days of data between the first exposure and the cut.

    Once the experiment has ended the nearest whole number counts: nothing is still to come, and
    the first exposure never falls on the very start.
    """
    if from_us is None:
        return 0
    days = (until_us - from_us) / DAY_US
    return round(days) if experiment.status in ENDED else int(days)


def _variant_rows(scope: Scope, units: Sequence[int]) -> tuple[VariantRow, ...]:
    served = experiment_selectors.slate_counts(
        experiment_id=scope.experiment.pk, phase=scope.phase, until_us=scope.until_us
    )
    nothing = experiment_selectors.SlateCounts(0, 0, 0)
    return tuple(
        VariantRow(
            key=variant.key,
            name=variant.name,
            is_control=variant.is_control,
            weight=variant.weight,
            units=count,
            slates=served.get(variant.pk, nothing).slates,
            fallbacks=served.get(variant.pk, nothing).fallbacks,
        )
        for variant, count in zip(scope.variants, units, strict=True)
    )


def _metric_row(
    scope: Scope,
    chosen: ChosenMetric,
    found: MomentsByMetric,
    comparisons: Comparisons,
    errors: dict[str, str],
) -> MetricRow:
    metric = chosen.metric
    by_variant = found.get(metric.key, {})
    return MetricRow(
        key=metric.key,
        name=metric.name,
        kind=metric.kind,
        role=chosen.role,
        direction=metric.direction,
        format=metric.format,
        margin=chosen.margin,
        values={
            variant.key: _value(metric.kind, by_variant.get(variant.pk, EMPTY))
            for variant in scope.variants
        }
        if metric.key in found
        else {},
        comparisons={
            treatment.key: comparisons[metric.key, treatment.key].to_dict()
            for treatment in scope.treatments
            if (metric.key, treatment.key) in comparisons
        },
        error=errors.get(metric.key, ""),
    )


def _value(kind: str, moments: Moments) -> dict[str, Any]:
    """Return a variant's value with what it is a quotient of; None where it is undefined."""
    below = moments.sum_x if kind == Kind.RATIO else moments.n
    return {
        "n": moments.n,
        "numerator": moments.sum_y,
        "denominator": below,
        "value": moments.sum_y / below if below else None,
    }


def _verdict(
    scope: Scope,
    comparisons: Comparisons,
    split: SplitCheck,
    exposure: ExposureCheck,
    days: int,
) -> dict[str, Any] | None:
    """Return the verdict on the primary metric, None when the experiment has none."""
    primary = next((m for m in scope.metrics if m.role == Metric.Role.PRIMARY), None)
    if primary is None or (primary.metric.key, scope.treatments[0].key) not in comparisons:
        return None
    experiment = scope.experiment
    inputs = DecisionInputs(
        metric_name=primary.metric.name,
        treatments=tuple(
            TreatmentInputs(
                key=treatment.key,
                name=treatment.name,
                primary=comparisons[primary.metric.key, treatment.key],
                guardrails=_guardrails(scope, comparisons, treatment),
            )
            for treatment in scope.treatments
        ),
        split=split,
        exposure=exposure,
        days_elapsed=days,
        monitoring=Monitoring(experiment.monitoring),
        direction=Direction(primary.metric.direction),
        planned_units=experiment.planned_units,
        planned_days=experiment.planned_days,
        mde=experiment.mde,
        has_ended=experiment.status in ENDED,
        value_format=value_format(primary.metric.format, experiment.site.currency),
    )
    verdict = decide(inputs)
    return verdict.to_dict() | {"text": verdict.text}


def _guardrails(
    scope: Scope, comparisons: Comparisons, treatment: Variant
) -> tuple[Guardrail, ...]:
    return tuple(
        Guardrail(
            key=chosen.metric.key,
            name=chosen.metric.name,
            comparison=comparisons[chosen.metric.key, treatment.key],
            direction=Direction(chosen.metric.direction),
            margin=chosen.margin,
            value_format=value_format(chosen.metric.format, scope.experiment.site.currency),
        )
        for chosen in scope.metrics
        if chosen.role == Metric.Role.GUARDRAIL
        and (chosen.metric.key, treatment.key) in comparisons
    )


def _stored_moments(
    scope: Scope, found: MomentsByMetric
) -> dict[str, dict[str, dict[str, object]]]:
    """Return the moments by metric and variant key, as they are stored with the analysis."""
    return {
        key: {v.key: by_variant.get(v.pk, EMPTY).to_dict() for v in scope.variants}
        for key, by_variant in found.items()
    }


def data_cut_us(experiment: Experiment) -> int:
    """Return the moment up to which rows count: now, or a simulated site's latest row."""
    now = microseconds(datetime.now(UTC))
    if not experiment.site.is_simulated:
        return now
    newest = experiment_selectors.newest_event_us(experiment.site_id)
    return now if newest is None else newest
