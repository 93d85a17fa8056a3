"""What an analysis hands to its readers; stored as JSON, so only plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

REPORT_VERSION = 2
# What version 1 did not know, as a reader finds it there.
SINCE_2: dict[str, Any] = {"findings": [], "series": {}, "segments": [], "details": {}}


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

    A value may carry `capped` (the value under the cap of its extremes), `share_capped` and
    `raw_value`. A comparison may carry `raw` (the same without history and cap), `variance_ratio`
    (its squared error over that of `raw`), `levels` and `effect_levels` (by per cent, [low, high]
    of lift and of the difference), and `scaled` (the effect per day at full traffic, with its
    formula in words). `cap`: where values are capped, in the metric's unit; None: nowhere, and
    `cap_note` says why where there should be one.

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
    cap: int | None = None
    cap_note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report of one phase at one data cut.

    `findings`: what was checked before anything was believed: code, state (good, warn, bad,
    unknown), claim, evidence, causes, action, table, since_us. `series`: cumulative effects by
    `days`, with the new units of each variant per day in `exposures`, and `metrics[metric]
    [treatment]` one value per day. `segments`: one entry per attribute, metric and treatment, all
    of them exploratory. `details`: what the page shows beside, by name; one that failed holds its
    `error`.
    """

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
    findings: tuple[dict[str, Any], ...] = ()
    series: dict[str, Any] = field(default_factory=dict)
    segments: tuple[dict[str, Any], ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    version: int = REPORT_VERSION


def as_newest(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored report in the newest shape; what its version did not know is empty.

    >>> as_newest({"version": 1, "days": 3})["findings"]
    []
    """
    return {**SINCE_2, **stored}
