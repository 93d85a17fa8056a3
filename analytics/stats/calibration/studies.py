"""All simulations, in the order in which they are reported."""

from collections.abc import Callable

import numpy as np

from analytics.stats.calibration import coverage, cuped, ratios, srm, thompson, type_one
from analytics.stats.calibration.rows import Job, Row

FULL_SCALE = 10  # times the runs of the published simulation


def all_jobs(*, quick: bool = False) -> list[Job]:
    """Return every simulation; quick ones make as many runs as the published figures."""
    scale = 1 if quick else FULL_SCALE
    studies = (type_one, coverage, cuped, ratios, srm, thompson)
    return [job for study in studies for job in study.jobs(scale)]


def run_jobs(jobs: list[Job], seed: int, *, on_done: Callable[[Job], None]) -> list[Row]:
    """Return the rows of the jobs, each with a generator of its own, spawned from `seed`."""
    rows: list[Row] = []
    for job, source in zip(jobs, np.random.SeedSequence(seed).spawn(len(jobs)), strict=True):
        rows += job.run(np.random.default_rng(source))
        on_done(job)
    return rows
