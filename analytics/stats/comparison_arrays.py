"""What thousands of comparisons at once hand back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.stats.moment_arrays import EstimateArrays, Ints, plain_at
from analytics.stats.results import Comparison, Interval, Kind, Monitoring, Status, WarningCode

STATUSES = tuple(Status)
Masked = np.ma.MaskedArray
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class ComparisonArrays:
    """Comparisons of one kind and one setting; every field an array of one shape.

    `status` and `lift_status` hold positions in `STATUSES`. Floats are masked where
    `Comparison` holds None: `.tolist()` gives None there, never NaN.
    """

    kind: Kind
    monitoring: Monitoring
    alpha: float
    planned_n: Ints | None
    control: EstimateArrays
    treatment: EstimateArrays
    status: NDArray[np.int8]
    lift_status: NDArray[np.int8]
    effect: Masked
    se: Masked
    statistic: Masked
    df: Masked
    critical_value: Masked
    p_value: Masked
    low: Masked
    high: Masked
    lift: Masked
    lift_low: Masked
    lift_high: Masked
    warnings: dict[WarningCode, Bools]

    def at(self, index: int) -> Comparison:
        """Return one comparison of a row of them, as `compare_estimates` would."""
        planned = None if self.planned_n is None else int(self.planned_n[index])
        named = ("effect", "se", "statistic", "df", "critical_value", "p_value", "lift")
        return Comparison(
            kind=self.kind,
            monitoring=self.monitoring,
            alpha=self.alpha,
            planned_n=planned,
            control=self.control.at(index),
            treatment=self.treatment.at(index),
            status=STATUSES[self.status[index]],
            lift_status=STATUSES[self.lift_status[index]],
            **{name: plain_at(getattr(self, name), index) for name in named},  # type: ignore[arg-type]
            interval=_interval_at(self.low, self.high, index),
            lift_interval=_interval_at(self.lift_low, self.lift_high, index),
            warnings=tuple(code for code, found in self.warnings.items() if found[index]),
        )


def _interval_at(low: Masked, high: Masked, index: int) -> Interval | None:
    ends = plain_at(low, index), plain_at(high, index)
    return None if ends[0] is None or ends[1] is None else Interval(ends[0], ends[1])
