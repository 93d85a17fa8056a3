"""How often tests without effect find one: revenue A/A, looked at once, often, and as due."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analytics.stats.calibration.draws import BUYERS, R1, R2, Shop, chunks, look_sizes, revenue
from analytics.stats.calibration.rows import Job, Rng, Row, Target, share_row, share_target
from analytics.stats.comparison_arrays import Bools, ComparisonArrays
from analytics.stats.moment_arrays import EstimateArrays, MomentArrays
from analytics.stats.monitoring.boundaries import boundary
from analytics.stats.results import Kind, Monitoring
from analytics.stats.sequential import DEFAULT_PLANNED_N
from analytics.stats.vectorised import compare_arrays

STUDY = "Type I error, revenue A/A"
SPLIT = "Type I error, 90/10 split"
DENSE = "Type I error, a look every 20 units"
ALPHA = 0.05
METHODS = (
    "fixed at the end",
    "p < .05 at any look",
    "confidence sequence, N* = N",
    "confidence sequence, N* = 5000",
    "O'Brien–Fleming",
)
LIMITS = {METHODS[0]: 0.06, METHODS[2]: 0.05, METHODS[3]: 0.05, METHODS[4]: 0.06}
TARGET_RUNS = {1_000: 20_000, 10_000: 10_000, 100_000: 4_000}
Hits = dict[str, Bools]
# (shop, units per variant, is capped): the published rates, in the order of METHODS.
PUBLISHED: dict[tuple[str, int, bool], tuple[float, ...]] = {
    ("R1", 1_000, False): (0.044, 0.150, 0.002, 0.001, 0.039),
    ("R1", 1_000, True): (0.048, 0.166, 0.003, 0.001, 0.046),
    ("R1", 10_000, False): (0.053, 0.263, 0.010, 0.012, 0.049),
    ("R1", 10_000, True): (0.054, 0.275, 0.012, 0.015, 0.052),
    ("R1", 100_000, False): (0.049, 0.267, 0.010, 0.008, 0.049),
    ("R1", 100_000, True): (0.052, 0.280, 0.014, 0.012, 0.054),
    ("R2", 1_000, False): (0.032, 0.105, 0.001, 0.000, 0.026),
    ("R2", 1_000, True): (0.047, 0.137, 0.001, 0.001, 0.042),
    ("R2", 10_000, False): (0.041, 0.227, 0.004, 0.005, 0.037),
    ("R2", 10_000, True): (0.048, 0.266, 0.010, 0.012, 0.049),
    ("R2", 100_000, False): (0.046, 0.248, 0.007, 0.006, 0.044),
    ("R2", 100_000, True): (0.053, 0.270, 0.013, 0.010, 0.052),
}
# (shop, units of both variants): the published rates, raw and capped.
PUBLISHED_SPLIT = {
    ("R1", 10_000): (0.081, 0.070),
    ("R2", 10_000): (0.132, 0.089),
    ("R1", 100_000): (0.053, 0.047),
    ("R2", 100_000): (0.081, 0.051),
}
SPLIT_RUNS, DENSE_RUNS = 4_000, 2_000
SKEWED_TAILS = (0.005, 0.076)  # of R1, 10 000 units, raw: treatment above, and below
DENSE_UNITS, DENSE_STEP, DENSE_SHARE, NAIVE_FROM = 20_000, 20, 0.05, 200


@dataclass(frozen=True, slots=True)
class Case:
    """A/A tests of one shop with `n` units per variant; 28 equal looks, 10 at 1000 units."""

    shop: Shop
    n: int
    runs: int

    @property
    def looks(self) -> int:
        """Return the number of looks."""
        return 10 if self.n <= 1_000 else 28


def jobs(scale: int) -> list[Job]:
    """Return the simulations of the error rates, `scale` times as many runs as published."""
    cases = [Case(shop, n, runs * scale) for n, runs in TARGET_RUNS.items() for shop in (R1, R2)]
    return [
        *(Job(f"A/A {case.shop.name} {case.n:,}", partial(revenue_rows, case)) for case in cases),
        *(
            Job(f"90/10 {shop.name} {n:,}", partial(split_rows, shop, n, SPLIT_RUNS * scale))
            for n in (10_000, 100_000)
            for shop in (R1, R2)
        ),
        Job("A look every 20 units", partial(dense_rows, DENSE_RUNS * scale)),
    ]


def revenue_rows(case: Case, rng: Rng) -> list[Row]:
    """Return the error rates of every way to look at one case, raw and capped."""
    found: tuple[list[Hits], list[Hits]] = ([], [])
    sizes = look_sizes(case.n, case.looks)
    for runs in chunks(case.runs, case.n * BUYERS + case.looks):
        pairs = zip(*(revenue(case.shop, sizes, runs, rng) for _ in range(2)), strict=True)
        for hits, (control, treatment) in zip(found, pairs, strict=True):
            hits.append(rejections(control, treatment))
    return [
        row
        for is_capped, hits in zip((False, True), found, strict=True)
        for row in _rows(case, is_capped, hits)
    ]


def rejections(control: MomentArrays, treatment: MomentArrays) -> Hits:
    """Return, by method, which runs found an effect; moments of shape (runs, looks)."""
    a, b = EstimateArrays.of_means(control), EstimateArrays.of_means(treatment)
    planned = int(a.n[0, -1] + b.n[0, -1])
    fixed = compare_arrays(Kind.MEAN, a, b, monitoring=Monitoring.FIXED)
    watched = [
        compare_arrays(Kind.MEAN, a, b, planned_n=each) for each in (planned, DEFAULT_PLANNED_N)
    ]
    seen = _is_below(fixed)
    bounds = boundary((a.n[0] + b.n[0]) / planned).bounds
    held = np.array([np.inf if bound is None else bound for bound in bounds])
    crossed = np.abs(fixed.statistic.filled(0.0)) > held
    return dict(
        zip(
            METHODS,
            (
                seen[:, -1],
                seen.any(1),
                *(_is_below(each).any(1) for each in watched),
                crossed.any(1),
            ),
            strict=True,
        )
    )


def split_rows(shop: Shop, n: int, runs: int, rng: Rng) -> list[Row]:
    """Return the error rates of a fixed test where nine of ten units are in the control."""
    sizes = [np.array([n * part // 10]) for part in (9, 1)]
    found: tuple[list[NDArray[np.int8]], list[NDArray[np.int8]]] = ([], [])
    for part in chunks(runs, n * BUYERS):
        pairs = zip(*(revenue(shop, size, part, rng) for size in sizes), strict=True)
        for signs, pair in zip(found, pairs, strict=True):
            signs.append(_signs(*pair))
    raw, capped = (np.concatenate(each) for each in found)
    rows = [
        share_row(SPLIT, f"{shop.name}, {n:,} units, {label}", share_target(rate, SPLIT_RUNS), each)
        for label, rate, each in zip(
            ("raw", "capped"), PUBLISHED_SPLIT[shop.name, n], (raw != 0, capped != 0), strict=True
        )
    ]
    return rows + (_tail_rows(raw) if (shop, n) == (R1, 10_000) else [])


def dense_rows(runs: int, rng: Rng) -> list[Row]:
    """Return the error rates where a share of 5 % is tested after every 20 units per variant.

    The confidence sequence begins where a report would show it: at 100 conversions or
    500 units per variant; the naive test at 200 units.
    """
    looks = DENSE_UNITS // DENSE_STEP
    n = look_sizes(DENSE_UNITS, looks)
    found = [_dense_hits(n, part, rng) for part in chunks(runs, 2 * looks, at_most=4e5)]
    naive, default, planned = (np.concatenate(each) for each in zip(*found, strict=True))
    return [
        share_row(
            DENSE, "p < .05 at any look", share_target(0.47, DENSE_RUNS, rounding=0.005), naive
        ),
        share_row(DENSE, METHODS[3], share_target(0.038, DENSE_RUNS), default),
        share_row(
            DENSE, "confidence sequence, N* = 40 000", share_target(0.019, DENSE_RUNS), planned
        ),
    ]


def _dense_hits(n: NDArray[np.int64], runs: int, rng: Rng) -> tuple[Bools, Bools, Bools]:
    a, b = (
        EstimateArrays.of_shares(rng.binomial(DENSE_STEP, DENSE_SHARE, (runs, len(n))).cumsum(1), n)
        for _ in range(2)
    )
    naive = _is_below(compare_arrays(Kind.BINARY, a, b, monitoring=Monitoring.FIXED))
    default, planned = (
        _is_below(compare_arrays(Kind.BINARY, a, b, planned_n=each))
        for each in (DEFAULT_PLANNED_N, 2 * DENSE_UNITS)
    )
    return _any_look(naive[:, n >= NAIVE_FROM]), _any_look(default), _any_look(planned)


def _any_look(found: Bools) -> Bools:
    """Return which runs find something at one of their looks."""
    return np.asarray(found.any(axis=1), dtype=np.bool_)


def _rows(case: Case, is_capped: bool, found: Sequence[Hits]) -> list[Row]:
    label = f"{case.shop.name}, {case.n:,} units, {'capped' if is_capped else 'raw'}"
    published = PUBLISHED[case.shop.name, case.n, is_capped]
    rows = []
    for method, rate in zip(METHODS, published, strict=True):
        hits = np.concatenate([each[method] for each in found])
        target = share_target(rate, TARGET_RUNS[case.n])
        rows.append(share_row(STUDY, f"{label}: {method}", target, hits))
        if method in LIMITS:
            limit = Target(0.0, LIMITS[method], rounding=0.0)
            rows.append(share_row("Type I error, limits", f"{label}: {method}", limit, hits))
    return rows


def _is_below(found: ComparisonArrays) -> Bools:
    """Return where p < alpha; a look without a p-value finds nothing."""
    return np.asarray(found.p_value.filled(1.0) < ALPHA, dtype=np.bool_)


def _signs(control: MomentArrays, treatment: MomentArrays) -> NDArray[np.int8]:
    """Return the sign of the effect of each run where the fixed test finds one, else 0."""
    a, b = EstimateArrays.of_means(control), EstimateArrays.of_means(treatment)
    found = compare_arrays(Kind.MEAN, a, b, monitoring=Monitoring.FIXED)
    return (np.sign(found.effect.filled(0.0)) * _is_below(found))[:, 0].astype(np.int8)


def _tail_rows(signs: NDArray[np.int8]) -> list[Row]:
    above, below = (share_target(rate, SPLIT_RUNS) for rate in SKEWED_TAILS)
    label = "R1, 10,000 units, raw, treatment"
    return [
        share_row(SPLIT, f"{label} above", above, signs > 0),
        share_row(SPLIT, f"{label} below", below, signs < 0),
    ]
