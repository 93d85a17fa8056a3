"""The smallest effect that units can show: planned, by week, and at hand."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from analytics.stats.effects import require_defined
from analytics.stats.planning.design import Design, Goal, MetricHistory
from analytics.stats.planning.duration import Traffic
from analytics.stats.power import MONITORING_COST, detection_constant, require_positive
from analytics.stats.results import Comparison, Estimate, Kind, Monitoring, Plain, Status
from analytics.stats.schedule import WEEK

PLANNED_WEEKS = range(1, 9)


@dataclass(frozen=True, slots=True)
class WeekMde(Plain):
    """What a test that ends after so many weeks could show; None, with a status, if nothing.

    `effect` in the metric's unit, `lift` a fraction of the control value, None where that
    is not positive.
    """

    week: int
    n_units: int
    status: Status
    effect: float | None = None
    lift: float | None = None
    is_extrapolated: bool = False


def smallest_effect(
    history: MetricHistory, n_total: float, design: Design, *, is_fall: bool = False
) -> float | None:
    """Return the smallest change that `n_total` units over all variants show, in the metric's unit.

    √(K·(σ²_A/s_0 + σ²_B/s_i) / N) for the treatment with the smallest share; for a share,
    whose variance moves with it, the root of N·δ² = K·(p₁q₁/s_0 + p₂q₂/s_i). A rise, or the
    size of a fall. Inverse of `sample_size`. None where no share within (0, 1) would do.
    """
    require_positive(n_total=n_total)
    constant, (control, *treatments) = design.constant / n_total, design.shares
    weakest, own = min(treatments), history.variances(0.0)[0]
    flat = constant * own * (1 / control + 1 / weakest)
    if history.kind is not Kind.BINARY or design.goal is Goal.NON_INFERIORITY:
        return math.sqrt(flat)
    # p₂q₂ = p₁q₁ + δ(1 − 2p₁) − δ², so that a·δ² − 2b·δ − flat = 0; of a fall its size is −δ.
    pull, sign = constant * history.variance_factor / weakest, -1 if is_fall else 1
    a, b = 1 + pull, sign * pull * (1 - 2 * history.value) / 2
    effect = (b + math.sqrt(b**2 + a * flat)) / a
    return effect if 0 < history.value + sign * effect < 1 else None


def mde_by_week(
    history: MetricHistory,
    traffic: Traffic,
    design: Design,
    *,
    weeks: Iterable[int] = PLANNED_WEEKS,
    is_fall: bool = False,
) -> tuple[WeekMde, ...]:
    """Return the smallest effect after each number of whole weeks: the planning chart.

    Units are the unique ones that `traffic` brings by then. A week without two units per
    variant has status `insufficient_data`; so has a share that would have to leave (0, 1).
    """
    return tuple(_week_mde(history, traffic, design, week, is_fall=is_fall) for week in weeks)


def mde_absolute(
    control: Estimate,
    treatment: Estimate,
    *,
    monitoring: Monitoring = Monitoring.FIXED,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float:
    """Return the effect that units like these would show with the given power.

    (z + z)·√(s²_A + s²_B), times the root of the price of looking. Never a post-hoc power.
    """
    _, variance_a = require_defined(control)
    _, variance_b = require_defined(treatment)
    constant = detection_constant(alpha=alpha, power=power)
    return math.sqrt(constant * MONITORING_COST[monitoring] * (variance_a + variance_b))


def mde_lift(comparison: Comparison, *, power: float = 0.8) -> float | None:
    """Return the smallest lift the comparison could show at its current n, as a fraction.

    None where the comparison has no error of its own or no positive control value.
    """
    value = comparison.control.value
    if comparison.se is None or value is None or value <= 0:
        return None
    constant = detection_constant(alpha=comparison.alpha, power=power)
    return comparison.se * math.sqrt(constant * MONITORING_COST[comparison.monitoring]) / value


def _week_mde(
    history: MetricHistory, traffic: Traffic, design: Design, week: int, *, is_fall: bool
) -> WeekMde:
    """Return one point of the chart."""
    n_units = math.floor(traffic.units_by(week * WEEK))
    is_extrapolated = traffic.is_extrapolated(week * WEEK)
    effect = None
    if n_units * min(design.shares) >= 2:
        effect = smallest_effect(history, n_units, design, is_fall=is_fall)
    if effect is None:
        return WeekMde(week, n_units, Status.INSUFFICIENT_DATA, is_extrapolated=is_extrapolated)
    lift = effect / history.value if history.value > 0 else None
    return WeekMde(week, n_units, Status.OK, effect, lift, is_extrapolated)
