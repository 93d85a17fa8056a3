"""Type I error of ratio metrics: clicks per impression and revenue per order."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from analytics.stats.calibration.draws import BUYERS, R1, chunks
from analytics.stats.calibration.rows import Job, Rng, Row, share_row, share_target
from analytics.stats.columns import Floats
from analytics.stats.comparison_arrays import ComparisonArrays
from analytics.stats.moment_arrays import EstimateArrays, MomentArrays
from analytics.stats.results import Kind, Monitoring
from analytics.stats.vectorised import compare_arrays

STUDY = "Ratios, type I error"
TARGET_RUNS = 4_000
CTR_UNITS, IMPRESSIONS = 2_000, 11
AOV_UNITS, FURTHER_ORDERS = 10_000, 0.3


def jobs(scale: int) -> list[Job]:
    """Return the simulations of ratio metrics, `scale` times as many runs as published."""
    runs = TARGET_RUNS * scale
    return [Job("CTR", partial(ctr_rows, runs)), Job("AOV", partial(aov_rows, runs))]


def ctr_rows(runs: int, rng: Rng) -> list[Row]:
    """Return the error of the delta method, and of a test that takes impressions for units."""
    delta: list[NDArray[np.bool_]] = []
    naive: list[NDArray[np.bool_]] = []
    for part in chunks(runs, 2 * CTR_UNITS):
        pair = [_clicks(part, rng) for _ in range(2)]
        a, b = (MomentArrays.from_matrix(*each) for each in pair)
        delta.append(_rejects(Kind.RATIO, EstimateArrays.of_ratios(a), EstimateArrays.of_ratios(b)))
        shares = (_share_of_impressions(*each) for each in pair)
        naive.append(_rejects(Kind.BINARY, *shares))
    label = f"CTR, {CTR_UNITS:,} units with {IMPRESSIONS} impressions"
    return [
        _row(f"{label}: delta method", 0.052, delta),
        _row(f"{label}: impressions taken for units", 0.169, naive),
    ]


def aov_rows(runs: int, rng: Rng) -> list[Row]:
    """Return the error of revenue per order, where 3 % of the units buy."""
    found = []
    for part in chunks(runs, AOV_UNITS * BUYERS):
        a, b = (EstimateArrays.of_ratios(_orders(part, rng)) for _ in range(2))
        found.append(_rejects(Kind.RATIO, a, b))
    return [_row(f"AOV, 3 % buyers of {AOV_UNITS:,}: delta method", 0.049, found)]


def _clicks(runs: int, rng: Rng) -> tuple[Floats, Floats]:
    """Return clicks and impressions (units, runs): rates Beta(1, 19), visits as uneven as real.

    Impressions are geometric from 0, so that some units saw nothing and a few saw much.
    """
    shape = (CTR_UNITS, runs)
    impressions = rng.geometric(1 / (IMPRESSIONS + 1), shape) - 1
    clicks = rng.binomial(impressions, rng.beta(1, 19, shape))
    return clicks.astype(np.float64), impressions.astype(np.float64)


def _share_of_impressions(clicks: Floats, impressions: Floats) -> EstimateArrays:
    x, n = (each.sum(axis=0).astype(np.int64) for each in (clicks, impressions))
    return EstimateArrays.of_shares(x, n)


def _orders(runs: int, rng: Rng) -> MomentArrays:
    """Return revenue and orders per unit: buyers order once, and further times by chance."""
    buyers = rng.binomial(AOV_UNITS, BUYERS, runs)
    orders = 1 + rng.poisson(FURTHER_ORDERS, int(buyers.sum()))
    baskets = R1.baskets(int(orders.sum()), rng)
    spent = np.bincount(np.repeat(np.arange(len(orders)), orders), baskets, len(orders))
    run = np.repeat(np.arange(runs), buyers)
    sums = {
        name: np.bincount(run, weights, runs)
        for name, weights in {
            "y": spent,
            "x": orders,
            "yy": spent * spent,
            "xx": orders * orders,
            "xy": spent * orders,
        }.items()
    }
    mean_y, mean_x = sums["y"] / AOV_UNITS, sums["x"] / AOV_UNITS
    return MomentArrays(
        n=np.full(runs, AOV_UNITS, dtype=np.int64),
        mean_y=mean_y,
        m2_y=sums["yy"] - sums["y"] * mean_y,
        mean_x=mean_x,
        m2_x=sums["xx"] - sums["x"] * mean_x,
        c_xy=sums["xy"] - sums["y"] * mean_x,
    )


def _rejects(kind: Kind, a: EstimateArrays, b: EstimateArrays) -> NDArray[np.bool_]:
    found: ComparisonArrays = compare_arrays(kind, a, b, monitoring=Monitoring.FIXED)
    return np.asarray(found.p_value.filled(1.0) < found.alpha, dtype=np.bool_)


def _row(name: str, published: float, parts: list[NDArray[np.bool_]]) -> Row:
    return share_row(STUDY, name, share_target(published, TARGET_RUNS), np.concatenate(parts))
