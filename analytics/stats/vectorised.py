"""Thousands of comparisons at once: element by element what `compare_estimates` returns."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtr, stdtrit

from analytics.errors import InvalidInputError
from analytics.stats.columns import Floats
from analytics.stats.compare import BALANCED, START_CONVERSIONS, START_UNITS
from analytics.stats.comparison_arrays import STATUSES, Bools, ComparisonArrays, Masked
from analytics.stats.effects import LARGEST
from analytics.stats.moment_arrays import EstimateArrays, Ints, hidden
from analytics.stats.references import require_alpha, upper_quantile
from analytics.stats.results import Kind, Monitoring, Status, WarningCode
from analytics.stats.sequential import DEFAULT_PLANNED_N, tuning
from analytics.stats.shape import SKEW_UNITS

_CODES = {status: np.int8(code) for code, status in enumerate(STATUSES)}


def compare_arrays(
    kind: Kind,
    control: EstimateArrays,
    treatment: EstimateArrays,
    *,
    monitoring: Monitoring = Monitoring.ALWAYS_VALID,
    alpha: float = 0.05,
    planned_n: ArrayLike | None = None,
) -> ComparisonArrays:
    """Return every treatment against its control, element by element; shapes must be equal.

    Formulas, statuses and warnings are those of `compare_estimates`: Welch's t for means
    or the normal for the rest when fixed, the confidence sequence when always valid, and
    Fieller's lift from the same critical value. `planned_n`: one number or one for each
    comparison. Raises InvalidInputError as `compare_estimates` does.
    """
    kind, monitoring = Kind(kind), Monitoring(monitoring)
    require_alpha(alpha)
    if control.n.shape != treatment.n.shape:
        raise InvalidInputError(f"shapes differ: {control.n.shape} and {treatment.n.shape}")
    planned = _planned(planned_n, control.n.shape)
    status = _status(kind, control, treatment, monitoring)
    is_ok = status == _CODES[Status.OK]
    with np.errstate(all="ignore"):  # every element that is not defined is masked
        tested = _tested(control, treatment, is_ok, planned, (kind, monitoring, alpha))
        has_effect = is_ok | (status == _CODES[Status.ZERO_VARIANCE])
        lifted = _lifted(control, treatment, status, has_effect, tested["critical_value"].data)
    effect = treatment.value.data - control.value.data
    return ComparisonArrays(
        kind=kind,
        monitoring=monitoring,
        alpha=alpha,
        planned_n=planned,
        control=control,
        treatment=treatment,
        status=status,
        lift_status=_lift_status(status, has_effect, lifted),
        effect=hidden(effect, ~has_effect),
        warnings=_warnings(kind, control, treatment, is_ok),
        **tested,
        **lifted,
    )


def _tested(
    control: EstimateArrays,
    treatment: EstimateArrays,
    is_ok: Bools,
    planned: Ints | None,
    setting: tuple[Kind, Monitoring, float],
) -> dict[str, Masked]:
    """Return error, statistic, p-value and interval, hidden where there is no test."""
    kind, monitoring, alpha = setting
    effect = treatment.value.data - control.value.data
    se = np.sqrt(control.variance.data + treatment.variance.data)
    statistic = np.clip(effect / np.where(is_ok, se, 1.0), -LARGEST, LARGEST)
    uses_t = kind is Kind.MEAN and monitoring is Monitoring.FIXED
    df = _welch_df(control, treatment, is_ok) if uses_t else None
    n = control.n + treatment.n
    critical, p_value = _judged(statistic, df, n, planned, (monitoring, alpha))
    values = {
        "se": se,
        "statistic": statistic,
        "critical_value": critical,
        "p_value": p_value,
        "low": effect - critical * se,
        "high": effect + critical * se,
    }
    found = {name: hidden(value, ~is_ok) for name, value in values.items()}
    none = np.zeros_like(se)
    df_mask = np.ones_like(is_ok) if df is None else ~is_ok
    return found | {"df": hidden(none if df is None else df, df_mask)}


def _lifted(
    control: EstimateArrays,
    treatment: EstimateArrays,
    status: NDArray[np.int8],
    has_effect: Bools,
    critical: Floats,
) -> dict[str, Masked]:
    """Return the lifts as `fieller_lift`, whose formula this is, hidden where there are none."""
    a, b = control.value.data, treatment.value.data
    point = (b - a) / a
    has_base = has_effect & (a > 0) & (b >= 0) & np.isfinite(point)
    g, h = ((critical * np.sqrt(e.variance.data) / a) ** 2 for e in (control, treatment))
    reach = np.sqrt(g * (b / a) ** 2 + (1 - g) * h)
    low, high = (point + g - reach) / (1 - g), (point + g + reach) / (1 - g)
    is_bounded = (status == _CODES[Status.OK]) & has_base & (g < 1)
    is_bounded &= np.isfinite(low) & np.isfinite(high)
    return {
        "lift": hidden(point, ~has_base),
        "lift_low": hidden(low, ~is_bounded),
        "lift_high": hidden(high, ~is_bounded),
    }


def _planned(planned_n: ArrayLike | None, shape: tuple[int, ...]) -> Ints | None:
    if planned_n is None:
        return None
    planned = np.broadcast_to(np.asarray(planned_n), shape)
    if planned.dtype.kind not in "iu" or (planned < 1).any():
        raise InvalidInputError("planned n must be positive integers")
    return planned.astype(np.int64)


def _status(
    kind: Kind, control: EstimateArrays, treatment: EstimateArrays, monitoring: Monitoring
) -> NDArray[np.int8]:
    """Return what stands in the way of each comparison, the gravest first."""
    both = (control, treatment)
    is_short = np.logical_or.reduce([each.n < 2 for each in both])
    is_void = np.logical_or.reduce([np.ma.getmaskarray(each.value) for each in both])
    is_still = np.logical_and.reduce([each.variance.data == 0 for each in both])
    is_early = np.zeros_like(is_short)
    if monitoring is Monitoring.ALWAYS_VALID:
        is_early = ~np.logical_and.reduce([_may_be_watched(kind, each) for each in both])
    conditions = [is_short, is_void, is_early, is_still]
    found = (
        Status.INSUFFICIENT_DATA,
        Status.ZERO_DENOMINATOR,
        Status.INSUFFICIENT_DATA,
        Status.ZERO_VARIANCE,
    )
    codes = [_CODES[each] for each in found]
    return np.select(conditions, codes, default=_CODES[Status.OK])


def _may_be_watched(kind: Kind, estimates: EstimateArrays) -> Bools:
    enough = estimates.n >= START_UNITS
    return enough | (_conversions(estimates) >= START_CONVERSIONS) if _is_share(kind) else enough


def _conversions(estimates: EstimateArrays) -> Floats:
    return np.rint(estimates.value.data * estimates.n)


def _is_share(kind: Kind) -> bool:
    return kind is Kind.BINARY


def _welch_df(control: EstimateArrays, treatment: EstimateArrays, is_ok: Bools) -> Floats:
    total = np.where(is_ok, control.variance.data + treatment.variance.data, 1.0)
    parts = (each.variance.data / total for each in (control, treatment))
    units = (np.maximum(each.n - 1, 1) for each in (control, treatment))
    below = sum(share**2 / n for share, n in zip(parts, units, strict=True))
    return 1 / np.where(is_ok, below, 1.0)


def _judged(
    statistic: Floats,
    df: Floats | None,
    n: Ints,
    planned: Ints | None,
    watching: tuple[Monitoring, float],
) -> tuple[Floats, Floats]:
    """Return critical values and p-values from the reference that the setting asks for."""
    monitoring, alpha = watching
    size: Floats = np.abs(statistic)
    if monitoring is Monitoring.ALWAYS_VALID:
        phi = tuning(1, alpha=alpha) * n / (DEFAULT_PLANNED_N if planned is None else planned)
        grown = np.log1p(phi)
        critical = np.sqrt((1 + phi) / phi * (-2 * math.log(alpha) + grown))
        log_e: Floats = phi * size**2 / (2 * (1 + phi)) - grown / 2
        return critical, np.exp(np.minimum(0.0, -log_e))
    if df is not None:
        critical = np.asarray(-stdtrit(df, alpha / 2), dtype=np.float64)
        return critical, 2 * stdtr(df, -size)
    return np.full_like(statistic, upper_quantile(alpha / 2)), 2 * ndtr(-size)


def _lift_status(
    status: NDArray[np.int8], has_effect: Bools, lifted: dict[str, Masked]
) -> NDArray[np.int8]:
    has_lift = ~np.ma.getmaskarray(lifted["lift"])
    has_ends = ~np.ma.getmaskarray(lifted["lift_low"])
    is_unbounded = (status == _CODES[Status.OK]) & has_lift & ~has_ends
    found = np.where(is_unbounded, _CODES[Status.UNBOUNDED], status)
    return np.where(has_effect & ~has_lift, _CODES[Status.ZERO_BASELINE], found)


def _warnings(
    kind: Kind, control: EstimateArrays, treatment: EstimateArrays, is_ok: Bools
) -> dict[WarningCode, Bools]:
    """Return which comparisons to read with care, in the order of `compare_estimates`."""
    both = (control, treatment)
    if _is_share(kind):
        is_small = [_conversions(each) < START_CONVERSIONS for each in both]
    else:
        is_small = [each.n < START_UNITS for each in both]
    has_still = [each.variance.data == 0 for each in both]
    return {
        WarningCode.SMALL_SAMPLE: is_ok & np.logical_or(*is_small),
        WarningCode.UNEQUAL_SPLIT: is_ok & _is_skewed_by_split(kind, control, treatment),
        WarningCode.ONE_ZERO_VARIANCE: is_ok & np.logical_or(*has_still),
    }


def _is_skewed_by_split(kind: Kind, control: EstimateArrays, treatment: EstimateArrays) -> Bools:
    share = control.n / np.maximum(control.n + treatment.n, 1)
    is_uneven = (share < BALANCED[0]) | (share > BALANCED[1])
    if not _is_share(kind):
        return is_uneven
    is_control = control.n < treatment.n
    n = np.where(is_control, control.n, treatment.n)
    p = np.where(is_control, control.value.data, treatment.value.data)
    spread = np.where((p <= 0) | (p >= 1), 1.0, p * (1 - p))
    is_short = n < SKEW_UNITS * (1 - 2 * p) ** 2 / spread
    return is_uneven & (is_short | (p <= 0) | (p >= 1))
