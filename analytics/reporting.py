"""Computing one report: moments from rows, comparisons from moments, a verdict from both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analytics.judging import Comparisons, compare_all, judge
from analytics.measuring import Measured, measure
from analytics.progress import Tell, nobody
from analytics.results import MetricRow, Report, VariantRow
from analytics.scope import Scope
from analytics.selectors import ChosenMetric, events_without_unit
from analytics.stats.moments import Moments
from analytics.stats.results import Kind
from analytics.stats.srm import exposure_check
from analytics.trust import findings_of, judge_split, weights_of
from experiments import selectors as experiment_selectors
from experiments.models import Experiment


@dataclass(frozen=True, slots=True)
class Computed:
    """A report with what it was computed from."""

    report: Report
    moments: dict[str, dict[str, dict[str, object]]]
    sql: str


def compute_report(
    experiment: Experiment,
    *,
    phase: int,
    until_us: int,
    is_present: bool = False,
    tell: Tell = nobody,
) -> Computed:
    """Return the report of one phase from the rows up to `until_us`; reads, writes nothing.

    `is_present`: no row is later, so the rollups of the rows may be read instead of them. A metric
    that cannot be computed says why on its own row; the others stand. `tell` hears how far it is.
    """
    scope = Scope.of(experiment, phase=phase, until_us=until_us, is_present=is_present)
    return compute_scope(scope, tell)


def compute_scope(scope: Scope, tell: Tell = nobody) -> Computed:
    """Return the report of a scope; else as `compute_report`."""
    tell("reading the metrics", 0.0)
    measured = measure(scope)
    tell("comparing the variants", 0.6)
    return Computed(
        report=_report(scope, measured),
        moments=_stored_moments(scope, measured),
        sql="\n\n".join(measured.statements),
    )


def _report(scope: Scope, measured: Measured) -> Report:
    experiment = scope.experiment
    counts = experiment_selectors.exposure_counts(
        experiment_id=experiment.pk, phase=scope.phase, until_us=scope.until_us
    )
    units = [counts.by_variant.get(variant.pk, 0) for variant in scope.variants]
    weights = weights_of(scope)
    split = judge_split(units, weights, has_ended=scope.has_ended)
    exposure = exposure_check(counts.multiple, sum(units) + counts.multiple, weights=weights)
    comparisons = compare_all(scope, measured)
    findings = findings_of(scope, measured, comparisons)
    from_us = scope.first_exposure_us()
    days = scope.full_days(from_us)
    return Report(
        experiment=experiment.key,
        phase=scope.phase,
        status=experiment.status,
        monitoring=experiment.monitoring,
        unit_type=experiment.unit_type,
        window_days=experiment.window_days,
        planned_days=experiment.planned_days,
        planned_units=experiment.planned_units,
        mde=experiment.mde,
        days=days,
        from_us=from_us,
        until_us=scope.until_us,
        currency=experiment.site.currency,
        alpha=scope.choices.alpha,
        variants=_variant_rows(scope, units),
        split=split.to_dict(),
        exposure=exposure.to_dict(),
        metrics=tuple(_metric_row(scope, each, measured, comparisons) for each in scope.metrics),
        verdict=judge(
            scope,
            measured,
            comparisons,
            split=split,
            exposure=exposure,
            days=days,
            findings=findings,
        ),
        unattributed=events_without_unit(experiment, from_us=from_us, until_us=scope.until_us),
        waiting=experiment_selectors.waiting_batches(experiment.site_id),
        left_out=counts.left_out,
        findings=findings,
    )


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
    scope: Scope, chosen: ChosenMetric, measured: Measured, comparisons: Comparisons
) -> MetricRow:
    metric = chosen.metric
    is_broken = metric.key in measured.errors
    return MetricRow(
        key=metric.key,
        name=metric.name,
        kind=metric.kind,
        role=chosen.role,
        direction=metric.direction,
        format=metric.format,
        margin=chosen.margin,
        values={}
        if is_broken
        else {v.key: _value(metric.kind, measured.of(metric.key, v.pk)) for v in scope.variants},
        comparisons={
            treatment.key: comparisons[metric.key, treatment.key].to_dict()
            for treatment in scope.treatments
            if not is_broken
        },
        error=measured.errors.get(metric.key, ""),
        source=measured.sources.get(metric.key, ""),
        note=measured.notes.get(metric.key, ""),
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


def _stored_moments(scope: Scope, measured: Measured) -> dict[str, dict[str, dict[str, object]]]:
    """Return the moments by metric and variant key, as they are stored with the analysis."""
    return {
        metric: {v.key: measured.of(metric, v.pk).to_dict() for v in scope.variants}
        for metric in measured.moments
    }
