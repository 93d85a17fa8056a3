"""How much the largest units decide: the comparison again without them."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.errors import InvalidInputError
from analytics.stats.compare import compare_estimates
from analytics.stats.means import mean_estimate
from analytics.stats.results import Comparison, Kind, Monitoring, Plain, WarningCode
from analytics.stats.value_counts import ValueCounts

TOP = (1, 5)
DOMINANT = 0.05  # share of a variant's total from one unit that is worth a warning


@dataclass(frozen=True, slots=True)
class Trimmed(Plain):
    """The comparison without the `n_removed` largest units of each variant."""

    n_removed: int
    comparison: Comparison
    changes_verdict: bool


@dataclass(frozen=True, slots=True)
class Influence(Plain):
    """The comparison of all units, those without the largest, and the largest one's share."""

    comparison: Comparison
    trimmed: tuple[Trimmed, ...]
    largest_shares: tuple[float | None, float | None]
    warnings: tuple[WarningCode, ...]


def influence(
    control: ValueCounts,
    treatment: ValueCounts,
    *,
    top: Sequence[int] = TOP,
    monitoring: Monitoring = Monitoring.ALWAYS_VALID,
    alpha: float = 0.05,
    planned_n: int | None = None,
) -> Influence:
    """Return the comparison of means again without the top 1 and top 5 units per variant.

    Warns `influential_units` where that moves the interval to another side of zero, and
    `dominant_unit` where one unit makes more than 5 % of its variant's total. A trimmed
    result is a diagnostic: who is removed depends on the outcome. Raises
    InvalidInputError on a number of units below 1.
    """
    if any(k < 1 for k in top):
        raise InvalidInputError(f"at least one unit must be removed, was {list(top)}")

    def compared(k: int) -> Comparison:
        return compare_estimates(
            Kind.MEAN,
            mean_estimate(control.without_largest(k).moments()),
            mean_estimate(treatment.without_largest(k).moments()),
            monitoring=monitoring,
            alpha=alpha,
            planned_n=planned_n,
        )

    whole = compared(0)
    trimmed = tuple(_trimmed(k, compared(k), whole) for k in top)
    shares = (largest_share(control), largest_share(treatment))
    found = {
        WarningCode.INFLUENTIAL_UNITS: any(each.changes_verdict for each in trimmed),
        WarningCode.DOMINANT_UNIT: any((share or 0.0) > DOMINANT for share in shares),
    }
    warnings = tuple(code for code, is_present in found.items() if is_present)
    return Influence(whole, trimmed, shares, warnings)


def largest_share(values: ValueCounts) -> float | None:
    """Return the largest value over the total, or None where the total is not positive.

    >>> largest_share(ValueCounts.from_values([0, 5, 15]))
    0.75
    """
    total = values.total
    return float(values.values[-1]) / total if total > 0 else None


def _trimmed(k: int, comparison: Comparison, whole: Comparison) -> Trimmed:
    return Trimmed(k, comparison, _side(comparison) != _side(whole))


def _side(comparison: Comparison) -> int | None:
    """Return on which side of zero the interval lies, 0 around it, None without."""
    if comparison.interval is None:
        return None
    return (comparison.interval.low > 0) - (comparison.interval.high < 0)
