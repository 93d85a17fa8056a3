"""When a test has little left to find: non-binding bounds, conditional and predictive power.

Non-binding means the bounds for success stay as they are, so whoever runs on past a
futility bound risks no more false alarms.
"""

import math
from dataclasses import dataclass

from scipy.optimize import brentq

from analytics.errors import InvalidInputError
from analytics.stats.monitoring.boundaries import NEGLIGIBLE_SPEND, Boundary
from analytics.stats.monitoring.operating import MOST_DRIFT
from analytics.stats.monitoring.paths import REACH, Paths
from analytics.stats.monitoring.spending import Spending
from analytics.stats.references import require_alpha, upper_tail
from analytics.stats.results import Plain

LEAST_DRIFT = 0.5  # deviations at full information: with less, chance alone is as good


@dataclass(frozen=True, slots=True)
class Futility(Plain):
    """Lower bounds on z in the good direction, one per look; None where there is none.

    `drift`: the mean of z at full information under the effect to be detected.
    """

    beta: float
    drift: float
    bounds: tuple[float | None, ...]


def futility_bounds(
    found: Boundary, *, drift: float, beta: float = 0.2, spending: Spending | None = None
) -> Futility:
    """Return z below which a look is futile: the effect hoped for would rarely show so little.

    Bound k solves P(first fall below at k, no success before) = f(t_k; beta) − (spent
    before) under `drift`; it never passes the success bound, and meets it at the final
    look. Raises InvalidInputError unless drift > 0 and 0 < beta < 1. Source: Pampallona,
    Tsiatis & Kim (2001), Drug Inf. J. 35; Jennison & Turnbull (2000), ch. 4.
    """
    if not (math.isfinite(drift) and 0 < drift <= MOST_DRIFT):
        raise InvalidInputError(f"drift must lie in (0, {MOST_DRIFT}], was {drift}")
    raw = _solved(found, drift, require_alpha(beta), spending or found.spending)
    bounds = tuple(
        _capped(bound, look.bound, is_final=look.is_final)
        for bound, look in zip(raw, found.looks, strict=True)
    )
    return Futility(beta, drift, bounds)


def futility_drift(
    found: Boundary, *, power: float = 0.8, spending: Spending | None = None
) -> float:
    """Return the drift at which success and futility bounds meet at the end, power kept.

    `found` must reach its final look. (drift / fixed drift)² is the inflation of a test
    that stops for futility too. Raises InvalidInputError on an unfinished boundary, and on
    a power at which the bounds meet at no drift from 0.5 to 30.
    """
    if not found.looks or not found.looks[-1].is_final or found.looks[-1].bound is None:
        raise InvalidInputError("the boundary must reach its final look")
    last, chosen = found.looks[-1].bound, spending or found.spending
    beta = 1 - require_alpha(power)

    def gap(drift: float) -> float:
        return (_solved(found, drift, beta, chosen)[-1] or -REACH) - last

    if not gap(LEAST_DRIFT) < 0 < gap(MOST_DRIFT):
        raise InvalidInputError(f"no drift makes these bounds meet with power {power}")
    return float(brentq(gap, LEAST_DRIFT, MOST_DRIFT, xtol=1e-9))


def conditional_power(
    statistic: float, information: float, *, final_bound: float, drift: float | None = None
) -> float:
    """Return the chance to end above `final_bound`, given z = `statistic` at `information`.

    Φ((z√t + θ(1 − t) − b) / √(1 − t)); `drift` θ is the effect assumed from now on, by
    default the trend so far, z / √t. Source: Lan, Simon & Halperin (1982).

    >>> round(conditional_power(1.0, 0.5, final_bound=1.96, drift=2.8), 4)
    0.5824
    """
    time = _require_open(statistic, information, final_bound)
    if drift is not None and not math.isfinite(drift):
        raise InvalidInputError(f"drift must be finite, was {drift}")
    ahead = statistic / math.sqrt(time) if drift is None else drift
    reached = statistic * math.sqrt(time) + ahead * (1 - time)
    return upper_tail((final_bound - reached) / math.sqrt(1 - time))


def predictive_power(statistic: float, information: float, *, final_bound: float) -> float:
    """Return conditional power averaged over what the data say about the effect (flat prior).

    Φ((z − b√t) / √(1 − t)). Source: Spiegelhalter, Freedman & Blackburn (1986).
    """
    time = _require_open(statistic, information, final_bound)
    return upper_tail((final_bound * math.sqrt(time) - statistic) / math.sqrt(1 - time))


def _solved(found: Boundary, drift: float, beta: float, spending: Spending) -> list[float | None]:
    """Return the futility bounds before they are held against the success bounds."""
    bounds: list[float | None] = []
    paths, spent = Paths.start(), 0.0
    for index, look in enumerate(found.looks):
        due = beta if look.is_final else spending.one_side(look.information, beta)
        if look.bound is None or due - spent < NEGLIGIBLE_SPEND:
            bounds.append(None)
            continue
        low = _lower_bound(paths, look.information, due - spent, drift)
        bounds.append(low)
        spent, floor = due, min(low, look.bound)
        later = [each.information for each in found.looks[index + 1 :] if each.bound is not None]
        if later and floor < look.bound:
            root = math.sqrt(look.information)
            paths = paths.between(
                look.information,
                floor * root,
                look.bound * root,
                next_time=later[0],
                drift=drift,
            )
        elif later:
            # Nothing is left between the bounds: futile whatever comes.
            bounds.extend([MOST_DRIFT] * (len(found.looks) - index - 1))
            break
    return bounds


def _lower_bound(paths: Paths, time: float, share: float, drift: float) -> float:
    """Return the z below which the paths still inside fall with probability `share`."""
    root = math.sqrt(time)

    def lack(z: float) -> float:
        return paths.mass_below(time, z * root, drift=drift) - share

    high = REACH + drift * root
    return float(brentq(lack, -REACH, high, xtol=1e-12)) if lack(high) > 0 else high


def _capped(low: float | None, bound: float | None, *, is_final: bool) -> float | None:
    """Return the futility bound, at most the success bound and equal to it at the end."""
    if bound is None or (low is None and not is_final):
        return None
    return bound if is_final or low is None else min(low, bound)


def _require_open(statistic: float, information: float, final_bound: float) -> float:
    """Return the information; raises InvalidInputError unless the test is under way."""
    if not (math.isfinite(statistic) and math.isfinite(final_bound)):
        raise InvalidInputError(f"z and bound must be finite: {statistic}, {final_bound}")
    if not 0 < information < 1:
        raise InvalidInputError(f"information must lie in (0, 1), was {information}")
    return information
