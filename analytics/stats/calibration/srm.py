"""How often the watched split check raises an alarm, with and without a fault."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from analytics.stats.calibration.rows import Job, Rng, Row, Target, share_row, share_target
from analytics.stats.columns import Floats
from analytics.stats.monitoring.sequential_srm import CONCENTRATION
from analytics.stats.srm import SRM_THRESHOLD, split_check

STUDY = "Sample ratio mismatch"
TARGET_RUNS = 4_000
LOOKS, UNITS_PER_LOOK = 100, 1_000


@dataclass(frozen=True, slots=True)
class Fault:
    """A true share of the treatment, the published alarms, and the median units to find it."""

    share: float
    watched: float
    at_the_end: float
    median_units: int | None = None
    rounding: float = 0.005


FAULTS = (
    Fault(0.5, 0.0005, 0.0009, rounding=0.00005),
    Fault(0.505, 0.18, 0.44),
    Fault(0.51, 0.99, 1.0, 41_000),
    Fault(0.52, 1.0, 1.0, 11_000),
)


def jobs(scale: int) -> list[Job]:
    """Return the simulations of the split checks, `scale` times as many runs as published."""
    return [
        Job(f"SRM {fault.share:.1%}", partial(split_rows, fault, TARGET_RUNS * scale))
        for fault in FAULTS
    ]


def split_rows(fault: Fault, runs: int, rng: Rng) -> list[Row]:
    """Return the alarms of the sequential check over 100 looks, and of one χ² at the end."""
    shape = (runs, LOOKS)
    treated = rng.binomial(UNITS_PER_LOOK, fault.share, shape).cumsum(axis=1)
    total = UNITS_PER_LOOK * np.arange(1, LOOKS + 1)
    alarms = even_split_evidence(total - treated, treated) >= -math.log(SRM_THRESHOLD)
    found = alarms.any(axis=1)
    label = f"{fault.share:.1%} / {1 - fault.share:.1%}"
    targets = [
        share_target(rate, TARGET_RUNS, rounding=fault.rounding)
        for rate in (fault.watched, fault.at_the_end)
    ]
    rows = [
        share_row(STUDY, f"{label}: watched, alarms", targets[0], found),
        share_row(STUDY, f"{label}: one χ² at the end", targets[1], _late(treated[:, -1])),
    ]
    if fault.median_units is not None:
        rows.append(_median_row(label, fault.median_units, total[alarms[found].argmax(axis=1)]))
    return rows


def even_split_evidence(
    control: NDArray[np.int64], treatment: NDArray[np.int64], *, kappa: float = CONCENTRATION
) -> Floats:
    """Return ln B of two variants due half each, element by element.

    A copy in arrays of `log_split_evidence`, which takes one split at a time; by the
    textbook form, exact enough at these counts.
    """
    n = control + treatment
    grown = gammaln(kappa / 2 + control) + gammaln(kappa / 2 + treatment) - gammaln(kappa + n)
    prior = 2 * gammaln(kappa / 2) - gammaln(kappa)
    return np.asarray(grown - prior + n * math.log(2), dtype=np.float64)


def _late(treated: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which runs the χ² of their last counts blocks."""
    n = LOOKS * UNITS_PER_LOOK
    p_values = [split_check([n - int(each), int(each)], [1, 1]).p_value for each in treated]
    return np.array([p is not None and p < SRM_THRESHOLD for p in p_values])


def _median_row(label: str, published: int, units: NDArray[np.int64]) -> Row:
    """Return the median units until the alarm; looks are 1000 units apart, so is its grain."""
    median = float(np.median(units))
    spread = 1.4826 * float(np.median(np.abs(units - median)))
    error = 1.2533 * spread / math.sqrt(len(units))
    published_error = 1.2533 * spread / math.sqrt(TARGET_RUNS)
    target = Target(published, published, published_error, rounding=UNITS_PER_LOOK)
    return Row(STUDY, f"{label}: median units until the alarm", target, median, error)
