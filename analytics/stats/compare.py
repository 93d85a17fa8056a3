"""One metric of one treatment against control: the one entry point a report uses."""

import math
from dataclasses import replace

from analytics.errors import InvalidInputError
from analytics.stats.effects import effect_test, require_defined
from analytics.stats.lift import fieller_lift
from analytics.stats.means import mean_estimate, welch_df
from analytics.stats.moments import Moments
from analytics.stats.proportions import proportion_estimate
from analytics.stats.ratios import ratio_estimate
from analytics.stats.references import (
    NormalReference,
    Reference,
    StudentReference,
    require_alpha,
)
from analytics.stats.results import (
    Comparison,
    Estimate,
    Kind,
    Monitoring,
    Status,
    WarningCode,
)
from analytics.stats.sequential import SequentialReference
from analytics.stats.shape import outgrows_skewness

START_UNITS = 500  # per variant; before it the normal approximation cannot carry a sequence
START_CONVERSIONS = 100  # per variant, for binary metrics: enough even with fewer units
BALANCED = (0.4, 0.6)  # share of a variant within which skewness cancels to first order

_ESTIMATES = {
    Kind.BINARY: proportion_estimate,
    Kind.MEAN: mean_estimate,
    Kind.RATIO: ratio_estimate,
}


def compare(
    kind: Kind,
    control: Moments,
    treatment: Moments,
    *,
    monitoring: Monitoring = Monitoring.ALWAYS_VALID,
    alpha: float = 0.05,
    planned_n: int | None = None,
    skewness: tuple[float, float] | None = None,
) -> Comparison:
    """Return the comparison of a treatment with control from their moments.

    `planned_n`: units of both variants together the always-valid interval is tuned
    to, frozen at the start (None: 5000). `skewness` of control and treatment, where known,
    tells whether an uneven split needs its warning. What cannot be computed is None and
    named by `status` or `lift_status`; raises InvalidInputError on moments that do not fit
    the kind, on alpha outside (0, 1), and for quantiles, which moments do not hold.

    >>> a, b = Moments(10_000, 500, 500), Moments(10_000, 560, 560)
    >>> found = compare(Kind.BINARY, a, b, planned_n=20_000)
    >>> round(found.lift, 6), round(found.lift_interval.low, 6), found.status.value
    (0.12, -0.06638, 'ok')
    """
    if kind not in _ESTIMATES:
        raise InvalidInputError(f"moments of a {kind} cannot be compared")
    estimate = _ESTIMATES[Kind(kind)]
    return compare_estimates(
        kind,
        estimate(control),
        estimate(treatment),
        monitoring=monitoring,
        alpha=alpha,
        planned_n=planned_n,
        skewness=skewness,
    )


def compare_estimates(
    kind: Kind,
    control: Estimate,
    treatment: Estimate,
    *,
    monitoring: Monitoring = Monitoring.ALWAYS_VALID,
    alpha: float = 0.05,
    planned_n: int | None = None,
    skewness: tuple[float, float] | None = None,
) -> Comparison:
    """Return the comparison of two estimates, however they were made; else as `compare`."""
    kind, monitoring = Kind(kind), Monitoring(monitoring)
    require_alpha(alpha)
    if planned_n is not None and planned_n < 1:
        raise InvalidInputError(f"planned n must be positive, was {planned_n}")
    status = _status(kind, control, treatment, monitoring)
    blank = Comparison(
        kind=kind,
        monitoring=monitoring,
        alpha=alpha,
        planned_n=planned_n,
        control=control,
        treatment=treatment,
        status=status,
        lift_status=status,
    )
    if status is Status.ZERO_VARIANCE:
        return _without_error(blank)
    return _filled(blank, skewness) if status is Status.OK else blank


def reference_of(comparison: Comparison) -> Reference:
    """Return the yardstick that a comparison's settings ask for; its estimates must be defined.

    Always-valid monitoring: the sequence at the units seen so far. Fixed: Student's t
    with Welch's degrees of freedom for means, the normal for shares and ratios.
    """
    alpha = comparison.alpha
    if comparison.monitoring is Monitoring.ALWAYS_VALID:
        return SequentialReference(alpha, comparison.n, comparison.planned_n)
    if comparison.kind is Kind.MEAN:
        return StudentReference(alpha, welch_df(comparison.control, comparison.treatment))
    return NormalReference(alpha)


def _filled(blank: Comparison, skewness: tuple[float, float] | None) -> Comparison:
    """Return the comparison with test, lift and warnings, all from one critical value."""
    test = effect_test(blank.control, blank.treatment, reference_of(blank))
    lift = fieller_lift(blank.control, blank.treatment, critical_value=test.critical_value)
    return replace(
        blank,
        effect=test.effect,
        se=test.se,
        statistic=test.statistic,
        df=test.df,
        critical_value=test.critical_value,
        p_value=test.p_value,
        interval=test.interval,
        lift=lift.value,
        lift_interval=lift.interval,
        lift_status=lift.status,
        warnings=_warnings(blank, skewness),
    )


def _without_error(blank: Comparison) -> Comparison:
    """Return the differences alone: with both variances 0 nothing says how sure they are."""
    value_a, _ = require_defined(blank.control)
    value_b, _ = require_defined(blank.treatment)
    has_lift = value_a > 0 and value_b >= 0
    return replace(
        blank,
        effect=value_b - value_a,
        lift=(value_b - value_a) / value_a if has_lift else None,
        lift_status=Status.ZERO_VARIANCE if has_lift else Status.ZERO_BASELINE,
    )


def _status(kind: Kind, control: Estimate, treatment: Estimate, monitoring: Monitoring) -> Status:
    """Return what stands in the way of a comparison, the gravest first."""
    both = (control, treatment)
    if any(estimate.n < 2 for estimate in both):
        return Status.INSUFFICIENT_DATA
    if any(estimate.value is None for estimate in both):
        return Status.ZERO_DENOMINATOR
    is_watched = monitoring is Monitoring.ALWAYS_VALID
    if is_watched and not all(_may_be_watched(kind, estimate) for estimate in both):
        return Status.INSUFFICIENT_DATA
    if all(estimate.variance == 0 for estimate in both):
        return Status.ZERO_VARIANCE
    return Status.OK


def _may_be_watched(kind: Kind, estimate: Estimate) -> bool:
    """Tell whether a variant has reached the start of monitoring."""
    return estimate.n >= START_UNITS or (
        kind is Kind.BINARY and _conversions(estimate) >= START_CONVERSIONS
    )


def _conversions(estimate: Estimate) -> int:
    """Return the units that converted, from a share; an adjusted one may pass its ends."""
    return round(min(1.0, max(0.0, estimate.value or 0.0)) * estimate.n)


def _warnings(
    comparison: Comparison, skewness: tuple[float, float] | None
) -> tuple[WarningCode, ...]:
    """Return the reasons to read the result with care, in a fixed order."""
    both = (comparison.control, comparison.treatment)
    found = {
        WarningCode.SMALL_SAMPLE: any(_is_small(comparison.kind, each) for each in both),
        WarningCode.UNEQUAL_SPLIT: _is_skewed_by_split(comparison, skewness),
        WarningCode.ONE_ZERO_VARIANCE: any(each.variance == 0 for each in both),
    }
    return tuple(code for code, is_present in found.items() if is_present)


def _is_small(kind: Kind, estimate: Estimate) -> bool:
    """Tell whether a variant has too few conversions, or units, for the normal to be trusted."""
    if kind is Kind.BINARY:
        return _conversions(estimate) < START_CONVERSIONS
    return estimate.n < START_UNITS


def _is_skewed_by_split(comparison: Comparison, skewness: tuple[float, float] | None) -> bool:
    """Tell whether an uneven split leaves skewness that the units do not average out.

    A share's skewness follows from the share. Means and ratios need third moments;
    without them every uneven split is worth the warning.
    """
    share = comparison.control.n / comparison.n
    if BALANCED[0] <= share <= BALANCED[1]:
        return False
    is_control_smaller = comparison.control.n < comparison.treatment.n
    smaller = comparison.control if is_control_smaller else comparison.treatment
    if comparison.kind is Kind.BINARY:
        p = smaller.value or 0.0
        if p <= 0 or p >= 1:
            return True
        return not outgrows_skewness(smaller.n, (1 - 2 * p) / math.sqrt(p * (1 - p)))
    if skewness is None:
        return True
    return not outgrows_skewness(smaller.n, skewness[0 if is_control_smaller else 1])
