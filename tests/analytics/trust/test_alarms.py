"""How often the split checks alarm: on healthy runs hardly ever, on a broken one nearly always.

Counts are simulated, not rows: binomial splits, the same functions as in a report.
"""

import numpy as np
import pytest

from analytics.stats.results import CheckLevel
from analytics.stats.srm import SRM_THRESHOLD
from analytics.stats.validity.split import check_split_by
from analytics.trust.split import RUNNING_THRESHOLD, judge_split

DAYS, PER_DAY = 28, 3_600  # 100 800 units


def is_broken(control: int, n: int, *, has_ended: bool) -> bool:
    split = judge_split([control, n - control], [1, 1], has_ended=has_ended)
    return split.level is CheckLevel.BLOCK


def test_split__of_51_49_at_100_000_units__is_flagged_in_99_of_100_runs_even_at_one_look() -> None:
    control = np.random.default_rng(1).binomial(100_000, 0.51, 2000)

    flagged = {
        has_ended: np.mean([is_broken(int(n), 100_000, has_ended=has_ended) for n in control])
        for has_ended in (False, True)
    }

    assert flagged[True] >= 0.995
    assert flagged[False] >= 0.99


def test_split__healthy_with_a_look_a_day__alarms_in_at_most_3_of_1000_runs() -> None:
    rng = np.random.default_rng(2)
    runs = 3000
    daily = rng.binomial(PER_DAY, 0.5, (runs, DAYS)).cumsum(axis=1)
    totals = PER_DAY * np.arange(1, DAYS + 1)
    z = np.abs(2 * daily - totals) / np.sqrt(totals)

    # Only looks near the threshold need the function itself; χ² is z² with two variants.
    alarms = [
        any(
            is_broken(int(daily[run, day]), int(totals[day]), has_ended=day == DAYS - 1)
            for day in np.flatnonzero(z[run] > 3)
        )
        for run in range(runs)
    ]

    assert np.mean(alarms) <= 0.003


@pytest.mark.parametrize("threshold", [RUNNING_THRESHOLD, SRM_THRESHOLD])
def test_parts__healthy_days__alarm_no_more_often_than_the_threshold_says(threshold: float) -> None:
    control = np.random.default_rng(3).binomial(PER_DAY, 0.5, (1500, DAYS))

    alarms = sum(
        check_split_by(
            "days",
            {str(day): [int(n), PER_DAY - int(n)] for day, n in enumerate(run)},
            [1, 1],
            threshold=threshold,
        ).level
        is CheckLevel.BLOCK
        for run in control
    )

    # Three standard errors of the expected number above it.
    assert alarms <= 1500 * threshold + 3 * (1500 * threshold) ** 0.5 + 1
