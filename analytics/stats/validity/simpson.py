"""Effects over several phases: by phase and weighted, never pooled over changed shares."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.errors import InvalidInputError
from analytics.stats.effects import require_defined
from analytics.stats.references import NormalReference
from analytics.stats.results import CheckLevel, Estimate, Interval, Plain, Status, WarningCode
from analytics.stats.validity.findings import Check, Finding

Pair = tuple[Estimate, Estimate]  # control, treatment

CAUSES = (
    "the shares of the variants changed while the metric itself moved",
    "a ramp-up met other units, weekdays or hours than the main phase",
    "the effect truly differs between the phases",
)


@dataclass(frozen=True, slots=True)
class Stratified(Plain):
    """The effect over phases: Σ w_k d_k and √Σ w_k² se_k², w_k the phase's share of units.

    `pooled_effect`: what ignoring the phases would show. `share`: of all units, those in
    phases whose effect is defined. None and a status where no phase has one.
    """

    status: Status
    n_phases: int
    share: float | None = None
    effect: float | None = None
    se: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    interval: Interval | None = None
    pooled_effect: float | None = None


def stratified_effect(
    phases: Sequence[Pair], *, pooled: Pair | None = None, alpha: float = 0.05
) -> Stratified:
    """Return treatment − control over phases of different shares, stratified by phase.

    `phases`: (control, treatment) of each. `pooled`: the two estimates from the units
    of all phases together; needed for ratios, for means and shares it follows from
    the phases. A phase whose variance is undefined is left out and the weights of the
    others are scaled up; without any: `insufficient_data`, without any error: `zero_variance`.

    >>> low, high = Estimate(100, 1.0, 0.01), Estimate(100, 1.5, 0.01)
    >>> stratified_effect([(low, high), (low, high)]).effect
    0.5
    """
    if not phases:
        raise InvalidInputError("there must be at least one phase")
    whole = sum(a.n + b.n for a, b in phases)
    known = [pair for pair in phases if all(map(_is_defined, pair))]
    n = sum(a.n + b.n for a, b in known)
    if not n:
        return Stratified(Status.INSUFFICIENT_DATA, len(phases))
    effect, variance = 0.0, 0.0
    for a, b in known:
        (value_a, variance_a), (value_b, variance_b) = require_defined(a), require_defined(b)
        weight = (a.n + b.n) / n
        effect += weight * (value_b - value_a)
        variance += weight**2 * (variance_a + variance_b)
    shown = (n / whole, effect)
    pooled_effect = _pooled_effect(known if pooled is None else [pooled])
    if variance == 0:
        return Stratified(Status.ZERO_VARIANCE, len(phases), *shown, pooled_effect=pooled_effect)
    reference, se = NormalReference(alpha), math.sqrt(variance)
    reach = reference.critical_value * se
    return Stratified(
        Status.OK,
        len(phases),
        *shown,
        se=se,
        statistic=effect / se,
        p_value=reference.p_value(effect / se),
        interval=Interval(effect - reach, effect + reach),
        pooled_effect=pooled_effect,
    )


def check_simpson(phases: Sequence[Pair], *, pooled: Pair | None = None) -> Finding[Stratified]:
    """Return whether pooling the phases would turn the sign of the effect.

    Arguments as in `stratified_effect`. Source: Crook, Frasca, Kohavi & Longbotham
    (2009), Seven Pitfalls to Avoid when Running Controlled Experiments on the Web, KDD.
    """
    found = stratified_effect(phases, pooled=pooled)
    if found.effect is None or found.pooled_effect is None:
        return Finding(
            Check.SIMPSON,
            CheckLevel.OK,
            found,
            "No phase has enough units yet.",
            status=found.status,
        )
    if found.effect * found.pooled_effect >= 0:
        return Finding(
            Check.SIMPSON, CheckLevel.OK, found, "Pooled and by phase, the effect has one sign."
        )
    return Finding(
        Check.SIMPSON,
        CheckLevel.WARN,
        found,
        "Pooling the phases turns the sign of the effect; only the view by phase holds.",
        CAUSES,
        "Read the effect weighted by phase, never the pooled one.",
        warnings=(WarningCode.SIMPSON,),
    )


def _pooled_effect(pairs: Sequence[Pair]) -> float | None:
    """Return the difference of the two overall values, every unit counted once."""
    totals = [sum(pair[side].n for pair in pairs) for side in (0, 1)]
    if not all(totals):
        return None
    control, treatment = (
        math.fsum((pair[side].value or 0.0) * pair[side].n for pair in pairs) / totals[side]
        for side in (0, 1)
    )
    return treatment - control


def _is_defined(estimate: Estimate) -> bool:
    """Tell whether an estimate has a value with an error."""
    return estimate.value is not None and estimate.variance is not None
