"""One row of a report per metric: values, comparisons and what stands beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.queries import moments_of
from analytics.reporting.caps import Caps
from analytics.reporting.comparing import Compared, Place
from analytics.reporting.measuring import Measured
from analytics.reporting.results import MetricRow
from analytics.reporting.scaling import Pace, scaled
from analytics.reporting.scope import Scope
from analytics.selectors import ChosenMetric
from analytics.stats.moments import Moments
from analytics.stats.results import Kind
from analytics.stats.robust.winsorise import CapReport
from experiments.models import Variant


@dataclass(frozen=True, slots=True)
class Found:
    """All that the rows of a report are made of."""

    scope: Scope
    measured: Measured
    caps: Caps
    compared: Mapping[Place, Compared]
    pace: Pace | None


def metric_rows(found: Found) -> tuple[MetricRow, ...]:
    """Return a row per metric; of one that failed, the reason."""
    return tuple(_row(found, chosen) for chosen in found.scope.metrics)


def _row(found: Found, chosen: ChosenMetric) -> MetricRow:
    metric, measured = chosen.metric, found.measured
    is_broken = metric.key in measured.errors
    return MetricRow(
        key=metric.key,
        name=metric.name,
        kind=metric.kind,
        role=chosen.role,
        direction=metric.direction,
        format=metric.format,
        margin=chosen.margin,
        values={} if is_broken else _values(found, chosen),
        comparisons={} if is_broken else _comparisons(found, chosen),
        error=measured.errors.get(metric.key, ""),
        source=measured.sources.get(metric.key, ""),
        note=measured.notes.get(metric.key, ""),
        cap=found.caps.caps.get(metric.key),
        cap_note=found.caps.notes.get(metric.key, ""),
    )


def _comparisons(found: Found, chosen: ChosenMetric) -> dict[str, dict[str, Any]]:
    out = {}
    for treatment in found.scope.treatments:
        each = found.compared[chosen.metric.key, treatment.key]
        per_day = scaled(each, chosen, found.measured, found.scope, found.pace)
        out[treatment.key] = each.to_dict() | ({"scaled": per_day} if per_day else {})
    return out


def _values(found: Found, chosen: ChosenMetric) -> dict[str, dict[str, Any]]:
    return {
        variant.key: _value(found.measured, chosen, variant) | _cap(found, chosen, place, variant)
        for place, variant in enumerate(found.scope.variants)
    }


def _value(measured: Measured, chosen: ChosenMetric, variant: Variant) -> dict[str, Any]:
    """Return a variant's value with what it is a quotient of; None where it is undefined."""
    moments = measured.of(chosen.metric.key, variant.pk)
    if chosen.kind is Kind.QUANTILE:
        return _quantile(measured, chosen, variant, moments)
    below = moments.sum_x if chosen.kind is Kind.RATIO else moments.n
    return {
        "n": moments.n,
        "numerator": moments.sum_y,
        "denominator": below,
        "value": moments.sum_y / below if below else None,
    }


def _quantile(
    measured: Measured, chosen: ChosenMetric, variant: Variant, shares: Moments
) -> dict[str, Any]:
    """Return a quantile, the number of values it is of, and how many of them are at most it."""
    found = measured.quantiles.get(chosen.metric.key, {}).get(variant.pk)
    value = found.estimate.value if found else None
    return {
        "n": shares.n,
        "numerator": shares.sum_y,
        "denominator": shares.sum_x,
        "value": value,
    }


def _cap(found: Found, chosen: ChosenMetric, place: int, variant: Variant) -> dict[str, Any]:
    """Return what the cap makes of a variant's value, and of how many of its units."""
    report: CapReport | None = found.caps.reports.get(chosen.metric.key)
    sample = found.measured.samples.get(chosen.metric.key, {}).get(variant.pk)
    if report is None or sample is None:
        return {}
    moments = moments_of(sample)
    raw = _value(found.measured, chosen, variant)
    below = raw["denominator"]
    return {
        "capped": moments.sum_y / below if below else None,
        "share_capped": report.variants[place].share_capped,
        "share_removed": report.variants[place].share_removed,
        "raw_value": raw["value"],
    }


def stored_moments(scope: Scope, measured: Measured) -> dict[str, dict[str, dict[str, object]]]:
    """Return the sums by metric and variant key, as they are stored with the analysis.

    The moments as they are; under `judged` those that are judged, with columns y, x of a ratio, and
    w (and v) of the time before exposure.
    """
    return {
        metric: {variant.key: _stored(measured, metric, variant.pk) for variant in scope.variants}
        for metric in measured.moments
    }


def _stored(measured: Measured, metric: str, variant_id: int) -> dict[str, object]:
    moments = measured.of(metric, variant_id)
    judged = measured.samples.get(metric, {}).get(variant_id)
    if judged is None or ("w" not in judged.names and moments_of(judged) == moments):
        return moments.to_dict()
    return moments.to_dict() | {"judged": judged.to_dict()}
