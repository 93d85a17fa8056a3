"""One look of a group sequential test: whether it stops, its repeated interval and p-value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.optimize import brentq

from analytics.errors import InvalidInputError
from analytics.stats.monitoring.boundaries import Boundary, boundary
from analytics.stats.references import upper_quantile, upper_tail

SMALLEST_P, LARGEST_P = 1e-12, 1 - 1e-9  # between which a repeated p-value is sought


@dataclass(frozen=True, slots=True)
class GroupSequentialReference:
    """The yardstick of one look, as `NormalReference` is of a fixed test.

    Interval estimate ± bound·se is the repeated confidence interval, valid at every
    look whether or not the test stops. Made by `reference_at`.
    """

    boundary: Boundary
    index: int

    @property
    def df(self) -> float | None:
        """Return None: the bounds rest on the normal."""
        return None

    @property
    def critical_value(self) -> float:
        """Return the bound of this look."""
        bound = self.boundary.looks[self.index].bound
        if bound is None:
            raise InvalidInputError("this look has no bound: it may spend next to nothing")
        return bound

    def p_value(self, statistic: float) -> float:
        """Return the repeated p-value; below alpha exactly beyond the bound."""
        return repeated_p_value(self.boundary, statistic, index=self.index)


def reference_at(found: Boundary, *, index: int | None = None) -> GroupSequentialReference | None:
    """Return the yardstick of a look (the latest), or None where it has no bound.

    Raises InvalidInputError on a look that does not exist.
    """
    place = _index_of(found, index)
    if found.looks[place].bound is None:
        return None
    return GroupSequentialReference(found, place)


def repeated_p_value(found: Boundary, statistic: float, *, index: int | None = None) -> float:
    """Return the smallest alpha at which `statistic` would reach the bound of this look.

    Always below alpha exactly when the statistic is beyond the bound; 1 where no alpha
    would do. Only information up to this look enters. A search over whole boundaries:
    some 20 ms at the 28th look. Source: Jennison & Turnbull (1989), JRSS-B 51.
    """
    place = _index_of(found, index)
    reached = abs(statistic) if found.is_two_sided else statistic
    if not math.isfinite(statistic):
        raise InvalidInputError(f"statistic must be finite, was {statistic}")

    def excess(log_alpha: float) -> float:
        bound = _bound_at(found, place, math.exp(log_alpha))
        return -1.0 if bound is None else reached - bound

    bound = found.looks[place].bound
    is_beyond = bound is not None and reached > bound
    low, high = (SMALLEST_P, found.alpha) if is_beyond else (found.alpha, LARGEST_P)
    if excess(math.log(low)) >= 0:
        return low
    if excess(math.log(high)) <= 0:
        return high if is_beyond else 1.0
    root = math.exp(float(brentq(excess, math.log(low), math.log(high), xtol=1e-9)))
    return min(root, math.nextafter(high, 0)) if is_beyond else max(root, low)


def information_fraction(n: int, planned_n: int) -> float:
    """Return n / planned n, the information where errors shrink with the units alone.

    >>> information_fraction(2_500, 10_000)
    0.25
    """
    if n < 0 or planned_n < 1:
        raise InvalidInputError(f"units must be counted and planned, were {n} of {planned_n}")
    return n / planned_n


def information_of_errors(errors: Sequence[float], planned_se: float) -> tuple[float, ...]:
    """Return planned variance / variance per look: information of adjusted and ratio metrics.

    Information counts what was learned, which an unlucky variance can let shrink; then
    the larger earlier value stays, for what is spent is spent.
    """
    if not all(math.isfinite(each) and each > 0 for each in (*errors, planned_se)):
        raise InvalidInputError(f"errors must be positive, were {list(errors)} and {planned_se}")
    found: list[float] = []
    for error in errors:
        found.append(max((planned_se / error) ** 2, found[-1] if found else 0.0))
    return tuple(found)


def nominal_p_value(found: Boundary, *, index: int | None = None) -> float | None:
    """Return the p-value of a fixed test that lies at the bound of a look; None without one."""
    bound = found.looks[_index_of(found, index)].bound
    if bound is None:
        return None
    return (2 if found.is_two_sided else 1) * upper_tail(bound)


def _bound_at(found: Boundary, index: int, alpha: float) -> float | None:
    """Return the bound of a look had the test been run at another alpha."""
    looks = found.looks[: index + 1]
    if index == 0 and looks[0].is_final:
        return upper_quantile(alpha / (2 if found.is_two_sided else 1))
    again = boundary(
        [look.information for look in looks],
        alpha=alpha,
        spending=found.spending,
        is_two_sided=found.is_two_sided,
        has_ended=looks[-1].is_final,
    )
    return again.looks[-1].bound


def _index_of(found: Boundary, index: int | None) -> int:
    """Return the place of a look, the latest by default."""
    place = len(found.looks) - 1 if index is None else index
    if not 0 <= place < len(found.looks):
        raise InvalidInputError(f"there is no look {index} among {len(found.looks)}")
    return place
