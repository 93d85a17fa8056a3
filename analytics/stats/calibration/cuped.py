"""How much of the variance CUPED takes out, and that its tests still err as they claim."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analytics.stats.calibration.rows import Job, Rng, Row, Target, share_row
from analytics.stats.columns import Floats
from analytics.stats.results import Monitoring
from analytics.stats.samples import Sample
from analytics.stats.variance.cuped import compare_cuped
from analytics.stats.variance.history import filled_history

STUDY = "CUPED"
TARGET_RUNS = 1_000
GAUSSIAN = {0.3: 0.906, 0.5: 0.758, 0.7: 0.509, 0.9: 0.194}
GAUSSIAN_UNITS = 1_000
SKEWED_RHO = math.sqrt(1 - 0.727)
SKEWED = {2_000: 0.709, 10_000: 0.696}
MISSING_RHO, MISSING_SHARE = 0.75, 0.5  # together the published ratio of 0.72
MISSING = {"zero for missing": 0.718, "zero and indicator": 0.715}
TYPE_ONE = Target(0.046, 0.053, math.sqrt(0.05 * 0.95 / TARGET_RUNS))
TYPE_ONE_MISSING = Target(0.040, 0.042, math.sqrt(0.05 * 0.95 / TARGET_RUNS))
Columns = Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of every run: the adjusted and the raw effect, their reported ratio, and the verdict."""

    adjusted: Floats
    raw: Floats
    reported_ratio: Floats
    is_rejected: NDArray[np.bool_]


def jobs(scale: int) -> list[Job]:
    """Return the simulations of CUPED, `scale` times as many runs as published."""
    runs = TARGET_RUNS * scale
    return [
        *(Job(f"CUPED ρ {rho}", partial(gaussian_rows, rho, runs)) for rho in GAUSSIAN),
        *(Job(f"CUPED skewed {n:,}", partial(skewed_rows, n, runs)) for n in SKEWED),
        Job("CUPED, half without history", partial(missing_rows, runs)),
    ]


def gaussian_rows(rho: float, runs: int, rng: Rng) -> list[Row]:
    """Return the variance ratio where metric and past are jointly normal."""
    found = simulate(runs, ("x",), partial(_gaussian, GAUSSIAN_UNITS, rho, rng))
    label, theory = f"Gaussian, ρ {rho}", Target(1 - rho**2, 1 - rho**2)
    return [
        _ratio_row(f"{label}: variance ratio, as published", GAUSSIAN[rho], rho, found),
        _ratio_row(f"{label}: variance ratio, 1 − ρ²", 1 - rho**2, rho, found, is_exact=True),
        _reported_row(f"{label}: ratio the report shows", theory, found),
        share_row(STUDY, f"{label}: type I error", TYPE_ONE, found.is_rejected),
    ]


def skewed_rows(n: int, runs: int, rng: Rng) -> list[Row]:
    """Return the variance ratio where spending is log-normal, as are the units' habits."""
    found = simulate(runs, ("x",), partial(_skewed, n, rng))
    label = f"Skewed revenue, {n:,} units"
    return [
        _ratio_row(f"{label}: variance ratio, as published", SKEWED[n], SKEWED_RHO, found),
        share_row(STUDY, f"{label}: type I error", TYPE_ONE, found.is_rejected),
    ]


def missing_rows(runs: int, rng: Rng) -> list[Row]:
    """Return the variance ratio where half the units have no history."""
    rows = []
    for covariates, (label, published) in zip(
        (("x",), ("x", "is_new")), MISSING.items(), strict=True
    ):
        found = simulate(runs, covariates, partial(_half_new, GAUSSIAN_UNITS, rng))
        rho = math.sqrt(1 - published)
        name = f"Half without history, {label}"
        rows += [
            _ratio_row(f"{name}: variance ratio, as published", published, rho, found),
            share_row(STUDY, f"{name}: type I error", TYPE_ONE_MISSING, found.is_rejected),
        ]
    return rows


def simulate(runs: int, covariates: tuple[str, ...], draw: Callable[[], Columns]) -> Outcomes:
    """Return what `compare_cuped` finds in A/A tests between two draws of columns."""
    rows = [_one(covariates, draw) for _ in range(runs)]
    adjusted, raw, ratio, p_value = np.array(rows, dtype=np.float64).T
    return Outcomes(adjusted, raw, ratio, p_value < 0.05)


def _one(covariates: tuple[str, ...], draw: Callable[[], Columns]) -> tuple[float | None, ...]:
    samples = [Sample.from_columns(draw()) for _ in range(2)]
    (found,) = compare_cuped(samples, covariates=covariates, monitoring=Monitoring.FIXED)
    adjusted = found.comparison
    return adjusted.effect, found.raw.effect, found.variance_ratio, adjusted.p_value


def _gaussian(n: int, rho: float, rng: Rng) -> Columns:
    x = rng.standard_normal(n)
    return {"y": rho * x + math.sqrt(1 - rho**2) * rng.standard_normal(n), "x": x}


def _skewed(n: int, rng: Rng) -> Columns:
    """Return log-normal spending (log-deviation 1) before and after, correlated SKEWED_RHO.

    A unit's habit multiplies both: corr = (exp(a) − 1) / (e − 1), a its log-variance.
    """
    of_habit = math.log1p(SKEWED_RHO * math.expm1(1))
    habit = rng.normal(0, math.sqrt(of_habit), n)
    noise = rng.normal(0, math.sqrt(1 - of_habit), (2, n))
    y, x = np.exp(habit + noise)
    return {"y": y, "x": x}


def _half_new(n: int, rng: Rng) -> Columns:
    columns = _gaussian(n, MISSING_RHO, rng)
    x = np.where(rng.random(n) < MISSING_SHARE, np.nan, columns["x"])
    filled, is_new = filled_history(x)
    return {"y": columns["y"], "x": filled, "is_new": is_new}


def _ratio_row(
    name: str, target: float, rho: float, found: Outcomes, *, is_exact: bool = False
) -> Row:
    """Return the ratio of the variances of adjusted and raw effects over the runs.

    Its relative error is 2ρ/√R: the two correlate with √(1 − ρ²).
    """
    published = 0.0 if is_exact else 2 * rho / math.sqrt(TARGET_RUNS) * target
    ours = float(found.adjusted.var(ddof=1) / found.raw.var(ddof=1))
    error = 2 * rho / math.sqrt(len(found.raw)) * ours
    return Row(STUDY, name, Target(target, target, published), ours, error)


def _reported_row(name: str, target: Target, found: Outcomes) -> Row:
    ratios = found.reported_ratio
    error = float(ratios.std(ddof=1)) / math.sqrt(len(ratios))
    return Row(STUDY, name, target, float(ratios.mean()), error)
