"""Winsorised revenue: one cap for all variants, and a report of what it took away."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from analytics.errors import InvalidInputError
from analytics.stats.columns import require_finite
from analytics.stats.compare import compare_estimates
from analytics.stats.means import mean_estimate
from analytics.stats.results import Comparison, Kind, Monitoring, Plain, WarningCode
from analytics.stats.value_counts import ValueCounts

CAP_AT = 0.999  # share of all units, zeros included, that the cap leaves alone


@dataclass(frozen=True, slots=True)
class Capped(Plain):
    """What the cap did to some units; shares are None where there is nothing to share."""

    n: int
    n_capped: int
    share_capped: float | None
    removed: float
    share_removed: float | None


@dataclass(frozen=True, slots=True)
class CapReport(Plain):
    """The cap, whether it was fixed before the start, and what it took from whom."""

    cap: float | None
    is_frozen: bool
    q: float | None
    overall: Capped
    variants: tuple[Capped, ...]


@dataclass(frozen=True, slots=True)
class WinsorisedComparison(Plain):
    """The comparison of capped values, the raw one beside it, and the report of the cap."""

    comparison: Comparison
    raw: Comparison
    report: CapReport
    warnings: tuple[WarningCode, ...]


def pooled_cap(variants: Sequence[ValueCounts], *, q: float = CAP_AT) -> float | None:
    """Return the quantile q of all variants together, zeros included (type 7).

    Never per variant, which would bias the contrast. None without units. Raises
    InvalidInputError on q outside (0, 1].
    """
    if not 0 < q <= 1:
        raise InvalidInputError(f"q must lie in (0, 1], was {q}")
    return _pooled(variants).quantile(q)


def cap_report(
    variants: Sequence[ValueCounts], cap: float | None, *, is_frozen: bool, q: float | None
) -> CapReport:
    """Return the cap with the share of units capped and of the total it removed.

    Raises InvalidInputError on a cap or q that is not finite.
    """
    require_finite("cap and q", [each for each in (cap, q) if each is not None])
    overall = _capped(_pooled(variants), cap)
    return CapReport(cap, is_frozen, q, overall, tuple(_capped(each, cap) for each in variants))


def compare_winsorised(
    variants: Sequence[ValueCounts],
    *,
    frozen_cap: float | None = None,
    q: float = CAP_AT,
    monitoring: Monitoring = Monitoring.ALWAYS_VALID,
    alpha: float = 0.05,
    planned_n: int | None = None,
) -> tuple[WinsorisedComparison, ...]:
    """Return every treatment against control, `variants[0]`, on capped and on raw values.

    `frozen_cap`: from the time before the start, in the metric's unit. Always-valid
    monitoring requires it, for a cap that follows the data undoes the guarantee; a fixed
    horizon may take the pooled quantile q. The estimand is then the capped mean. Warns
    `cap_changes_sign` where raw and capped effects point in opposite directions. Raises
    InvalidInputError below two variants, without a required cap, and on a cap ≤ 0.
    """
    if len(variants) < 2:
        raise InvalidInputError(f"a comparison needs two variants, had {len(variants)}")
    if frozen_cap is None and Monitoring(monitoring) is Monitoring.ALWAYS_VALID:
        raise InvalidInputError("always-valid monitoring needs a cap fixed before the start")
    if frozen_cap is not None and not 0 < frozen_cap < math.inf:
        raise InvalidInputError(f"a cap must be positive and finite, was {frozen_cap}")
    is_frozen = frozen_cap is not None
    cap = frozen_cap if is_frozen else pooled_cap(variants, q=q)
    report = cap_report(variants, cap, is_frozen=is_frozen, q=None if is_frozen else q)
    capped = list(variants) if cap is None else [each.capped(cap) for each in variants]
    settings = (monitoring, alpha, planned_n)
    return tuple(
        _finished(
            _compared(capped[0], capped[i], settings),
            _compared(variants[0], variants[i], settings),
            report,
        )
        for i in range(1, len(variants))
    )


def _compared(
    control: ValueCounts,
    treatment: ValueCounts,
    settings: tuple[Monitoring, float, int | None],
) -> Comparison:
    """Return the comparison of means, with the skewness that an uneven split asks for."""
    monitoring, alpha, planned_n = settings
    skewness = [each.shape().skewness for each in (control, treatment)]
    return compare_estimates(
        Kind.MEAN,
        mean_estimate(control.moments()),
        mean_estimate(treatment.moments()),
        monitoring=monitoring,
        alpha=alpha,
        planned_n=planned_n,
        skewness=(skewness[0] or 0.0, skewness[1] or 0.0),
    )


def _finished(comparison: Comparison, raw: Comparison, report: CapReport) -> WinsorisedComparison:
    effects = (comparison.effect or 0.0, raw.effect or 0.0)
    warnings = (WarningCode.CAP_CHANGES_SIGN,) if min(effects) < 0 < max(effects) else ()
    return WinsorisedComparison(comparison, raw, report, warnings)


def _capped(values: ValueCounts, cap: float | None) -> Capped:
    n = values.n
    if cap is None:
        return Capped(n, 0, None, 0.0, None)
    n_capped, total = n - values.at_most(cap), values.total
    above = values.values > cap
    removed = float((values.values[above] - cap) @ values.counts[above])
    return Capped(
        n, n_capped, n_capped / n if n else None, removed, removed / total if total > 0 else None
    )


def _pooled(variants: Sequence[ValueCounts]) -> ValueCounts:
    if not variants:
        raise InvalidInputError("a cap needs a variant")
    return reduce(add, variants)
