"""What an analysis hands to its readers; stored as JSON, so only plain values."""

from dataclasses import dataclass, field
from typing import Any

REPORT_VERSION = 1


@dataclass(frozen=True, slots=True)
class VariantRow:
    """One variant: its units, its configured share and how it was served."""

    key: str
    name: str
    is_control: bool
    weight: int
    units: int
    slates: int
    fallbacks: int


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric: values per variant and comparisons per treatment, both by variant key.

    `source`: "rollup" or "rows", whichever its sums were read from; `note`: why not from a rollup
    that there is.
    """

    key: str
    name: str
    kind: str
    role: str
    direction: str
    format: str
    margin: float | None
    values: dict[str, dict[str, Any]] = field(default_factory=dict)
    comparisons: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: str = ""
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report of one phase at one data cut."""

    experiment: str
    phase: int
    status: str
    monitoring: str
    unit_type: str
    window_days: int
    planned_days: int
    planned_units: int | None
    mde: float | None
    days: int
    from_us: int | None
    until_us: int
    currency: str
    alpha: float
    variants: tuple[VariantRow, ...]
    split: dict[str, Any]
    exposure: dict[str, Any]
    metrics: tuple[MetricRow, ...]
    verdict: dict[str, Any] | None
    unattributed: int
    waiting: int
    problems: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    version: int = REPORT_VERSION
