"""What a sequential test costs and risks: crossing probabilities, drift, inflation, mean size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.optimize import brentq

from analytics.errors import InvalidInputError
from analytics.stats.monitoring.paths import Paths
from analytics.stats.references import require_alpha, require_sides, upper_quantile
from analytics.stats.results import Plain

MOST_DRIFT = 30.0  # deviations at full information: beyond, every test rejects at once


@dataclass(frozen=True, slots=True)
class Crossing(Plain):
    """The probability to cross for the first time at one look: above, and below if two-sided."""

    information: float
    above: float
    below: float


def crossings(
    information: Sequence[float], bounds: Sequence[float], *, drift: float = 0.0, sides: int = 2
) -> tuple[Crossing, ...]:
    """Return, per look, how likely the test stops there, whatever its bounds come from.

    `information`: increasing, positive, 1 is the fixed test's size or any other unit;
    `bounds` on z, one per look; `drift`: the mean of z at information 1. Raises
    InvalidInputError on looks that do not increase or are too close together to compute,
    and on bounds or a drift that are not finite.

    >>> [round(each.above, 4) for each in crossings([0.5, 1], [2.797, 1.977])]
    [0.0026, 0.0224]
    """
    _require_looks(information, bounds)
    require_sides(sides)
    if not math.isfinite(drift):
        raise InvalidInputError(f"drift must be finite, was {drift}")
    paths, found = Paths.start(), []
    for index, (time, bound) in enumerate(zip(information, bounds, strict=True)):
        place = bound * math.sqrt(time)
        above = paths.mass_above(time, place, drift=drift)
        below = paths.mass_below(time, -place, drift=drift) if sides == 2 else 0.0
        found.append(Crossing(time, above, below))
        next_time = information[index + 1] if index + 1 < len(information) else None
        paths = paths.inside(time, bound, sides=sides, next_time=next_time, drift=drift)
    return tuple(found)


def rejection_probability(
    information: Sequence[float], bounds: Sequence[float], *, drift: float = 0.0, sides: int = 2
) -> float:
    """Return the probability that any look crosses: type I error at drift 0, else power."""
    found = crossings(information, bounds, drift=drift, sides=sides)
    return math.fsum(each.above + each.below for each in found)


def drift_for_power(
    information: Sequence[float], bounds: Sequence[float], *, power: float = 0.8, sides: int = 2
) -> float:
    """Return the mean of z at information 1 at which the upper bounds are crossed with `power`.

    Raises InvalidInputError where chance alone crosses them as often, or nothing does.
    """
    require_alpha(power)

    def lack(drift: float) -> float:
        found = crossings(information, bounds, drift=drift, sides=sides)
        return math.fsum(each.above for each in found) - power

    if lack(0.0) >= 0:
        raise InvalidInputError(f"these bounds are crossed with probability {power} by chance")
    most = MOST_DRIFT / math.sqrt(information[-1])
    if lack(most) <= 0:
        raise InvalidInputError(f"no effect crosses these bounds with probability {power}")
    return float(brentq(lack, 0.0, most, xtol=1e-10))


def inflation_factor(
    information: Sequence[float],
    bounds: Sequence[float],
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    sides: int = 2,
) -> float:
    """Return how many times the fixed test's units the last look needs for the same power.

    (drift / (z at 1 − alpha/sides + z at power))² · last information; 1 for one look.
    """
    drift = drift_for_power(information, bounds, power=power, sides=sides)
    fixed = upper_quantile(require_alpha(alpha) / sides) + upper_quantile(1 - power)
    return (drift / fixed) ** 2 * information[-1]


def expected_information(
    information: Sequence[float], bounds: Sequence[float], *, drift: float, sides: int = 2
) -> float:
    """Return the mean information at which the test stops; at the last look whatever happens."""
    found = crossings(information, bounds, drift=drift, sides=sides)
    early = [(each.information, each.above + each.below) for each in found[:-1]]
    stopped = math.fsum(share for _, share in early)
    return math.fsum(time * share for time, share in early) + (1 - stopped) * information[-1]


def _require_looks(information: Sequence[float], bounds: Sequence[float]) -> None:
    """Raise InvalidInputError unless every look has a later time and a finite bound."""
    if not information or len(information) != len(bounds):
        raise InvalidInputError(f"{len(information)} looks do not match {len(bounds)} bounds")
    steps = zip((0.0, *information), information, strict=False)
    if not all(math.isfinite(after) and after > before for before, after in steps):
        raise InvalidInputError(f"information must increase from above 0, was {list(information)}")
    if not all(math.isfinite(bound) for bound in bounds):
        raise InvalidInputError(f"bounds must be finite, were {list(bounds)}")
