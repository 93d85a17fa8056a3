"""The simulations tell sound methods from unsound ones."""

import numpy as np
import pytest

from analytics.stats.calibration import cuped, type_one
from analytics.stats.calibration.coverage import intervals
from analytics.stats.calibration.draws import R1
from analytics.stats.calibration.rows import Job
from analytics.stats.calibration.studies import run_jobs
from analytics.stats.calibration.thompson import simulate
from analytics.stats.calibration.type_one import METHODS, rejections
from analytics.stats.moment_arrays import EstimateArrays, MomentArrays
from analytics.stats.results import Kind


def _paths(effects: list[float], rng: np.random.Generator) -> tuple[MomentArrays, MomentArrays]:
    """Return four looks of 1000 units each, one run per effect in standard deviations."""
    a, b = (
        [
            MomentArrays.from_matrix(rng.normal(e, 1, (1000 * k, 1)))
            for e in row
            for k in range(1, 5)
        ]
        for row in ([0.0] * len(effects), effects)
    )
    shape = (len(effects), 4)
    names = ("n", "mean_y", "m2_y", "mean_x", "m2_x", "c_xy")

    def stack(each: list[MomentArrays]) -> MomentArrays:
        return MomentArrays(
            *(np.array([getattr(m, name)[0] for m in each]).reshape(shape) for name in names)
        )

    return stack(a), stack(b)


def test_rejections__large_effect_and_none__only_the_effect_is_found(
    rng: np.random.Generator,
) -> None:
    found = rejections(*_paths([1.0, 1e-9], rng))

    assert list(found) == list(METHODS)
    assert all(hits[0] for hits in found.values())
    assert not any(hits[1] for hits in found.values())


def test_rejections__effect_that_has_gone_by_the_end__is_found_by_peeking_alone() -> None:
    n = np.array([[1000, 2000, 3000, 4000]])
    none, m2 = np.zeros((1, 4)), n * 1.0
    control = MomentArrays(n, none, m2, none, none, none)
    # z = 0, 2.2, 1, 0: enough for p < .05 once, for no sequential bound.
    means = np.array([[0.0, 2.2, 1.0, 0.0]]) * np.sqrt(2 / n)

    found = rejections(control, MomentArrays(n, means, m2, none, none, none))

    assert [bool(hits[0]) for hits in found.values()] == [False, True, False, False, False]


def test_intervals__interval_too_wide_to_show__counts_as_its_set() -> None:
    # g = c²·s²_A / m²_A > 1, and the estimates agree with a lift of zero.
    n, variance = np.array([1000]), np.ma.MaskedArray([1.0])
    a, b = (EstimateArrays(n, np.ma.MaskedArray([value]), variance) for value in (1.0, 1.5))

    fieller = list(intervals((a, b), Kind.MEAN, 0.0))[-1]

    assert fieller.is_unbounded.tolist() == [True]
    assert fieller.is_inside.tolist() == [True]
    assert not fieller.is_below_truth.any()
    assert not fieller.is_above_truth.any()


def test_cuped__covariate_that_is_the_metric__leaves_next_to_nothing(
    rng: np.random.Generator,
) -> None:
    def draw() -> dict[str, np.ndarray]:
        y = rng.normal(size=200)
        return {"y": y, "x": y + rng.normal(scale=0.01, size=200)}

    found = cuped.simulate(5, ("x",), draw)

    assert found.reported_ratio == pytest.approx(1e-4, rel=0.5)


def test_thompson_logs__of_every_batch__share_odds_above_the_floor(
    rng: np.random.Generator,
) -> None:
    logs = simulate(4, rng)

    assert logs.outcomes.shape == logs.is_treatment.shape == logs.odds.shape == (4, 2000)
    assert (logs.odds[:, :100] == 0.5).all()
    assert (np.diff(logs.odds.reshape(4, 20, 100)) == 0).all()
    assert 0.05 <= logs.odds.min() <= logs.odds.max() <= 0.95
    assert logs.is_treatment.mean(axis=1) == pytest.approx(logs.odds.mean(axis=1), abs=0.05)


def test_run_jobs__same_seed__gives_the_same_rows_in_order() -> None:
    case = type_one.Case(R1, 1_000, 50)
    jobs = [Job(name, lambda rng: type_one.revenue_rows(case, rng)) for name in ("one", "two")]
    done: list[str] = []

    first = run_jobs(jobs, 5, on_done=lambda job: done.append(job.name))

    assert done == ["one", "two"]
    assert first == run_jobs(jobs, 5, on_done=lambda job: None)
    half = len(first) // 2
    assert [row.ours for row in first[:half]] != [row.ours for row in first[half:]]
