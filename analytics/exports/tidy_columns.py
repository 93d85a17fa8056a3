"""The columns of the tidy metric table, and what each is read from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from analytics.stats.moments import Moments

TEXT, FLOAT, WHOLE, YES = pa.string(), pa.float64(), pa.int64(), pa.bool_()
SUM = pa.decimal128(38, 0)  # a sum of squares passes 64 bits
LEVELS = ("80", "95", "99")
SUMS = ("sum_y", "sum_yy", "sum_x", "sum_xx", "sum_xy")

Stored = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """A metric in a variant: the stored rows of both, its value, comparison and moments."""

    metric: Stored
    variant: Stored
    value: Stored
    compared: Stored
    moments: Moments | None


Read = Callable[[Cell], Any]
Column = tuple[pa.DataType, Read]


def _of(part: str, name: str, *path: str | int) -> Read:
    """Return the reader of a value within a part of a cell; None where any of it is missing."""

    def read(cell: Cell) -> Any:
        found = getattr(cell, part).get(name)
        for step in path:
            found = None if found is None else _step(found, step)
        return found

    return read


def _step(found: Any, step: str | int) -> Any:
    return found.get(step) if isinstance(found, Mapping) else found[step]


def _sum(name: str) -> Read:
    return lambda cell: getattr(cell.moments, name, None)


def _levels(prefix: str, *path: str) -> dict[str, Column]:
    """Return the ends of ranges at each level, such as lift_80_low."""
    return {
        f"{prefix}_{level}_{end}": (FLOAT, _of("compared", *path, level, place))
        for level in LEVELS
        for place, end in enumerate(("low", "high"))
    }


COLUMNS: dict[str, Column] = {
    "metric": (TEXT, _of("metric", "key")),
    "metric_name": (TEXT, _of("metric", "name")),
    "role": (TEXT, _of("metric", "role")),
    "kind": (TEXT, _of("metric", "kind")),
    "direction": (TEXT, _of("metric", "direction")),
    "format": (TEXT, _of("metric", "format")),
    "margin": (FLOAT, _of("metric", "margin")),
    "cap": (WHOLE, _of("metric", "cap")),
    "variant": (TEXT, _of("variant", "key")),
    "variant_name": (TEXT, _of("variant", "name")),
    "is_control": (YES, _of("variant", "is_control")),
    "weight": (WHOLE, _of("variant", "weight")),
    "units": (WHOLE, _of("variant", "units")),
    "n": (WHOLE, _of("value", "n")),
    "numerator": (WHOLE, _of("value", "numerator")),
    "denominator": (WHOLE, _of("value", "denominator")),
    "value": (FLOAT, _of("value", "value")),
    "capped_value": (FLOAT, _of("value", "capped")),
    "share_capped": (FLOAT, _of("value", "share_capped")),
    **{name: (SUM, _sum(name)) for name in SUMS},
    "status": (TEXT, _of("compared", "status")),
    "effect": (FLOAT, _of("compared", "effect")),
    "se": (FLOAT, _of("compared", "se")),
    "effect_low": (FLOAT, _of("compared", "interval", "low")),
    "effect_high": (FLOAT, _of("compared", "interval", "high")),
    **_levels("effect", "effect_levels"),
    "lift_status": (TEXT, _of("compared", "lift_status")),
    "lift": (FLOAT, _of("compared", "lift")),
    "lift_low": (FLOAT, _of("compared", "lift_interval", "low")),
    "lift_high": (FLOAT, _of("compared", "lift_interval", "high")),
    **_levels("lift", "levels"),
    "statistic": (FLOAT, _of("compared", "statistic")),
    "df": (FLOAT, _of("compared", "df")),
    "critical_value": (FLOAT, _of("compared", "critical_value")),
    "p_value": (FLOAT, _of("compared", "p_value")),
    "p_adjusted": (FLOAT, _of("compared", "p_adjusted")),
    "adjustment": (TEXT, _of("compared", "adjustment")),
    "raw_effect": (FLOAT, _of("compared", "raw", "effect")),
    "raw_lift": (FLOAT, _of("compared", "raw", "lift")),
    "raw_p_value": (FLOAT, _of("compared", "raw", "p_value")),
    "variance_ratio": (FLOAT, _of("compared", "variance_ratio")),
    "per_day_effect": (FLOAT, _of("compared", "scaled", "effect")),
    "per_day_low": (FLOAT, _of("compared", "scaled", "interval", "low")),
    "per_day_high": (FLOAT, _of("compared", "scaled", "interval", "high")),
    "error": (TEXT, _of("metric", "error")),
}
