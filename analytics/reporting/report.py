"""Computing one report: moments from rows, comparisons from moments, a verdict from both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analytics.details.table import details_of
from analytics.queries.arrivals import events_without_unit, new_units
from analytics.reporting.caps import caps_of
from analytics.reporting.comparing import Comparisons
from analytics.reporting.judging import compare_fully, judge
from analytics.reporting.measuring import measure
from analytics.reporting.metric_rows import Found, metric_rows, stored_moments
from analytics.reporting.progress import Tell, nobody
from analytics.reporting.results import Report, VariantRow
from analytics.reporting.scaling import pace_of
from analytics.reporting.scope import Scope
from analytics.reporting.segmenting import segments_of
from analytics.reporting.series import series_of
from analytics.stats.results import ExposureCheck, SplitCheck
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
    tell("looking for caps", 0.0)
    caps = caps_of(scope)
    tell("reading the metrics", 0.05)
    measured = measure(scope, caps.caps)
    tell("comparing the variants", 0.4)
    compared = compare_fully(scope, measured)
    beside = _beside(scope, caps.caps, tell)
    tell("checking the data", 0.85)
    return Computed(
        report=_report(Found(scope, measured, caps, compared, pace_of(scope)), beside),
        moments=stored_moments(scope, measured),
        sql="\n\n".join(measured.statements),
    )


@dataclass(frozen=True, slots=True)
class _Beside:
    """What a report shows beside its metrics; of an exploration, the days alone."""

    series: dict[str, Any]
    segments: tuple[dict[str, Any], ...] = ()
    details: dict[str, Any] = field(default_factory=dict)


def _beside(scope: Scope, caps: Mapping[str, int], tell: Tell) -> _Beside:
    tell("following the days", 0.45)
    series = series_of(scope, caps)
    if not scope.is_official:
        return _Beside(series)
    tell("cutting segments", 0.6)
    segments = segments_of(scope, caps)
    tell("looking at details", 0.75)
    return _Beside(series, segments, details_of(scope))


@dataclass(frozen=True, slots=True)
class _Counted:
    """The units of a report, and what their numbers alone say of it."""

    counts: experiment_selectors.ExposureCounts
    units: list[int]
    split: SplitCheck
    exposure: ExposureCheck
    from_us: int | None
    days: int


def _report(found: Found, beside: _Beside) -> Report:
    counted = _counted(found)
    comparisons = {place: each.comparison for place, each in found.compared.items()}
    findings = _findings(found, comparisons, beside)
    return Report(
        **_asked(found.scope),
        **_told(found.scope, counted),
        metrics=metric_rows(found),
        verdict=_verdict(found, counted, comparisons, findings),
        findings=findings,
        series=beside.series,
        segments=beside.segments,
        details=beside.details,
    )


def _counted(found: Found) -> _Counted:
    scope, weights = found.scope, weights_of(found.scope)
    counts = experiment_selectors.exposure_counts(
        experiment_id=scope.experiment.pk, phase=scope.phase, until_us=scope.until_us
    )
    units = _units(scope, counts)
    from_us = found.pace.first_us if found.pace else None
    return _Counted(
        counts=counts,
        units=units,
        split=judge_split(units, weights, has_ended=scope.has_ended),
        exposure=exposure_check(counts.multiple, sum(units) + counts.multiple, weights=weights),
        from_us=from_us,
        days=scope.full_days(from_us),
    )


def _asked(scope: Scope) -> dict[str, Any]:
    """Return the fields of a report that say what was asked: experiment, phase and settings."""
    experiment = scope.experiment
    return {
        "experiment": experiment.key,
        "phase": scope.phase,
        "status": experiment.status,
        "monitoring": experiment.monitoring,
        "unit_type": experiment.unit_type,
        "window_days": experiment.window_days,
        "planned_days": experiment.planned_days,
        "planned_units": experiment.planned_units,
        "mde": experiment.mde,
        "until_us": scope.until_us,
        "currency": experiment.site.currency,
        "alpha": scope.choices.alpha,
    }


def _told(scope: Scope, counted: _Counted) -> dict[str, Any]:
    """Return the fields of a report that tell who was counted, and who was not."""
    experiment, from_us = scope.experiment, counted.from_us
    return {
        "days": counted.days,
        "from_us": from_us,
        "variants": _variant_rows(scope, counted.units),
        "split": counted.split.to_dict(),
        "exposure": counted.exposure.to_dict(),
        "unattributed": events_without_unit(scope.cut, from_us),
        "waiting": experiment_selectors.waiting_batches(experiment.site_id),
        "left_out": counted.counts.left_out,
    }


def _verdict(
    found: Found,
    counted: _Counted,
    comparisons: Comparisons,
    findings: Sequence[Mapping[str, Any]],
) -> dict[str, Any] | None:
    """Return the verdict; of an exploration there is none."""
    if not found.scope.is_official:
        return None
    return judge(
        found.scope,
        found.measured,
        comparisons,
        split=counted.split,
        exposure=counted.exposure,
        days=counted.days,
        findings=findings,
    )


def _units(scope: Scope, counts: experiment_selectors.ExposureCounts) -> list[int]:
    """Return the units of each variant; of an exploration, those that it looks at."""
    if scope.is_official and not scope.is_viewed:
        return [counts.by_variant.get(variant.pk, 0) for variant in scope.variants]
    new = new_units(scope.cut)
    return [
        sum(n for (_day, variant_id), n in new.items() if variant_id == variant.pk)
        for variant in scope.variants
    ]


def _findings(
    found: Found, comparisons: Comparisons, beside: _Beside
) -> tuple[dict[str, Any], ...]:
    """Return what was checked; explorations are believed no more and no less than the report."""
    if not found.scope.is_official:
        return ()
    return findings_of(found.scope, found.measured, comparisons, details=beside.details)


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
