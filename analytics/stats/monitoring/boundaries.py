"""Bounds of a group sequential test, from the probability that each look may spend."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from scipy.optimize import brentq

from analytics.errors import InvalidInputError
from analytics.stats.monitoring.paths import REACH, Paths
from analytics.stats.monitoring.spending import Spending
from analytics.stats.references import require_alpha
from analytics.stats.results import Plain

NEGLIGIBLE_SPEND = 1e-13  # a look that spends less has no bound
NEGLIGIBLE_STEP = 1e-3  # of the plan: so little new information is no look of its own
SMALLEST_STEP = 1e-7  # of the plan: finer steps of a final look are computed as this one
FULL_INFORMATION = 1 - 1e-6  # from here on the plan counts as complete


@dataclass(frozen=True, slots=True)
class Look(Plain):
    """One look: information as a fraction of the plan, its bound on |z|, and what is spent.

    `bound` is None where the look spends next to nothing or comes after the last.
    `spent` is cumulative over all sides. `is_final`: all is spent, the test ends here.
    """

    information: float
    bound: float | None
    spent: float
    is_final: bool


@dataclass(frozen=True, slots=True)
class Boundary(Plain):
    """The looks of a test so far, in order, with the settings they follow from."""

    alpha: float
    spending: Spending
    is_two_sided: bool
    looks: tuple[Look, ...]

    @property
    def bounds(self) -> tuple[float | None, ...]:
        """Return the critical value of each look."""
        return tuple(look.bound for look in self.looks)

    @property
    def held(self) -> tuple[tuple[float, float], ...]:
        """Return (information, bound) of the looks that have a bound."""
        return tuple(
            (look.information, look.bound) for look in self.looks if look.bound is not None
        )


def boundary(
    information: Sequence[float],
    *,
    alpha: float = 0.05,
    spending: Spending | None = None,
    is_two_sided: bool = True,
    has_ended: bool = False,
) -> Boundary:
    """Return the bounds on z at looks with these fractions of the planned information.

    Bound k solves P(first crossing at k) = f(t_k) − (spent before), two-sided on each
    side with f(t; alpha/2), by recursive integration. `information`: n / n planned, or
    planned variance / variance; not decreasing, never dependent on the effect seen.
    The first look at or over the plan spends the rest (overrun) and is the final one;
    `has_ended` lets the last look given spend the rest although it falls short
    (underrun). A look that spends < 1e-13, adds < 0.1 % of the plan, or comes after the
    final one has no bound. Raises InvalidInputError on information that is negative,
    not finite or decreasing. Sources: Lan & DeMets (1983), Biometrika 70; Jennison &
    Turnbull (2000), ch. 7 and 19.

    >>> [round(b, 4) for b in boundary([1 / 3, 2 / 3, 1]).bounds]
    [3.7103, 2.5114, 1.993]
    """
    times = _require_information(information)
    require_alpha(alpha)
    return _solved(times, alpha, spending or Spending(), is_two_sided, has_ended)


@lru_cache(maxsize=512)
def _solved(
    times: tuple[float, ...],
    alpha: float,
    spending: Spending,
    is_two_sided: bool,
    has_ended: bool,
) -> Boundary:
    """Return the boundary; kept, because every metric of a report has the same looks."""
    sides = 2 if is_two_sided else 1
    final = _final_index(times, has_ended)
    steps = _steps(times, final)
    looks: list[Look] = []
    paths, spent = Paths.start(), 0.0
    for index, information in enumerate(times):
        is_final = index == final
        due = alpha if is_final else spending.cumulative(information, alpha, sides=sides)
        if index not in steps or due - spent < NEGLIGIBLE_SPEND:
            looks.append(Look(information, None, spent, is_final))
            continue
        time = steps[index]
        bound = _bound(paths, time, (due - spent) / sides)
        spent = due
        looks.append(Look(information, bound, spent, is_final))
        paths = paths.inside(time, bound, sides=sides, next_time=_after(steps, index))
    return Boundary(alpha, spending, is_two_sided, tuple(looks))


def _bound(paths: Paths, time: float, side: float) -> float:
    """Return the z that the paths still inside exceed with probability `side`."""
    root = math.sqrt(time)

    def excess(z: float) -> float:
        return paths.mass_above(time, z * root) - side

    if excess(-REACH) <= 0:
        raise InvalidInputError("nothing is left to spend at this look")
    return float(brentq(excess, -REACH, REACH, xtol=1e-12))


def _final_index(times: tuple[float, ...], has_ended: bool) -> int | None:
    """Return which look is the final one, or None while the test goes on."""
    full = [index for index, time in enumerate(times) if time >= FULL_INFORMATION]
    if full:
        return full[0]
    return len(times) - 1 if has_ended and times else None


def _steps(times: tuple[float, ...], final: int | None) -> dict[int, float]:
    """Return, by index, the information of the looks that bring any, up to the final one."""
    last = len(times) - 1 if final is None else final
    steps: dict[int, float] = {}
    before = 0.0
    for index in range(last + 1):
        if index == final:
            steps[index] = max(times[index], before + SMALLEST_STEP)
        elif times[index] - before >= NEGLIGIBLE_STEP:
            steps[index] = before = times[index]
    return steps


def _after(steps: dict[int, float], index: int) -> float | None:
    """Return the information of the next look that counts, or None after the last."""
    return next((time for other, time in steps.items() if other > index), None)


def _require_information(information: Sequence[float]) -> tuple[float, ...]:
    """Return the fractions as floats; raises InvalidInputError unless they may be looks."""
    times = tuple(float(each) for each in information)
    if not all(math.isfinite(time) and time >= 0 for time in times):
        raise InvalidInputError(f"information must be finite and not negative, was {list(times)}")
    if any(after < before for before, after in pairwise(times)):
        raise InvalidInputError(f"information must not decrease, was {list(times)}")
    return times
