"""Estimates after a group sequential test has stopped, corrected for when it stopped."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.optimize import brentq

from analytics.errors import InvalidInputError
from analytics.stats.monitoring.boundaries import Boundary
from analytics.stats.monitoring.operating import crossings
from analytics.stats.monitoring.paths import Paths
from analytics.stats.references import require_alpha
from analytics.stats.results import Interval, Plain

FAR = 12.0  # deviations to either side within which a drift is sought


@dataclass(frozen=True, slots=True)
class AdjustedEffect(Plain):
    """The effect at stopping under the stagewise order: median-unbiased, with interval and p.

    Beside the repeated interval, never instead of it: valid only at the look where the
    test stopped by its rule.
    """

    estimate: float
    interval: Interval
    p_value: float


def adjusted_effect(
    found: Boundary, effect: float, se: float, *, alpha: float | None = None
) -> AdjustedEffect:
    """Return the median-unbiased effect at the last look of `found`, where the test stopped.

    Stagewise order: crossing earlier is more extreme, at the same look the larger z.
    With T(θ) = P(earlier upper crossing) + P(no crossing before, Z ≥ z): the estimate
    solves T = ½, the interval's ends T = alpha/2 and 1 − alpha/2 (alpha: the test's),
    and p = 2 min(T, 1 − T) at no effect (T if one-sided). `effect` and `se` as they
    were estimated there. Raises InvalidInputError without a look or a positive error.
    Sources: Tsiatis, Rosner & Mehta (1984), Biometrics 40; Kim (1989), Biometrics 45.
    """
    if not (math.isfinite(effect) and math.isfinite(se) and se > 0):
        raise InvalidInputError(f"effect and error must be finite, were {effect} and {se}")
    level = found.alpha if alpha is None else require_alpha(alpha)
    time, z = found.looks[-1].information if found.looks else 0.0, effect / se
    if time <= 0:
        raise InvalidInputError("an estimate needs a look with some information")
    tail, mirrored = _stagewise_tail(found, z, time), _stagewise_tail(found, -z, time)
    unit = se * math.sqrt(time)  # of the drift: the error at full information
    low, middle, high = (
        unit * _drift_at(tail, share, z / math.sqrt(time), FAR / math.sqrt(time))
        for share in (level / 2, 0.5, 1 - level / 2)
    )
    p_value = tail(0.0)
    if found.is_two_sided:
        # The mirrored tail instead of 1 − T, which would lose a small p to rounding.
        p_value = 2 * min(p_value, mirrored(0.0))
    return AdjustedEffect(middle, Interval(low, high), min(1.0, p_value))


def _stagewise_tail(found: Boundary, z: float, time: float) -> Callable[[float], float]:
    """Return T(θ), which increases with the drift."""
    held = [(when, bound) for when, bound in _earlier(found) if when < time]
    times, bounds = [*(when for when, _ in held), time], [*(bound for _, bound in held), z]
    if found.is_two_sided:
        return _tilted_tail(times, bounds)
    return lambda drift: math.fsum(
        each.above for each in crossings(times, bounds, drift=drift, sides=1)
    )


def _tilted_tail(times: list[float], bounds: list[float]) -> Callable[[float], float]:
    """Return T(θ) from paths that are followed once, without drift, and then weighted.

    Only between two bounds: on an open side the weights would have to reach for ever.
    """
    stages, paths = [], Paths.start()
    for index, (now, bound) in enumerate(zip(times, bounds, strict=True)):
        stages.append((paths, now, bound * math.sqrt(now)))
        if index + 1 < len(times):
            paths = paths.inside(now, bound, next_time=times[index + 1])
    return lambda drift: math.fsum(
        each.under(drift).mass_above(now, place, drift=drift) for each, now, place in stages
    )


def _earlier(found: Boundary) -> list[tuple[float, float]]:
    """Return (information, bound) of the looks before the last that have a bound."""
    return [(look.information, look.bound) for look in found.looks[:-1] if look.bound is not None]


def _drift_at(tail: Callable[[float], float], share: float, centre: float, reach: float) -> float:
    """Return the drift at which the tail is `share`."""
    low, high = min(centre, 0.0) - reach, max(centre, 0.0) + reach
    return float(brentq(lambda drift: tail(drift) - share, low, high, xtol=1e-10))
