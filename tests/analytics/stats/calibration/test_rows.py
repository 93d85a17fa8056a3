"""What a figure's tolerance lets pass, and what not."""

import math

import numpy as np
import pytest

from analytics.stats.calibration.rows import Row, Target, share_error, share_row, share_target
from analytics.stats.calibration.studies import FULL_SCALE, all_jobs


def test_tolerance__both_errors_known__is_four_joint_errors_and_the_rounding() -> None:
    row = Row("study", "name", Target(0.05, 0.05, 0.003), 0.06, 0.004)

    assert row.tolerance == pytest.approx(4 * 0.005 + 0.0005)


@pytest.mark.parametrize(
    ("ours", "is_within"), [(0.0294, False), (0.0296, True), (0.0704, True), (0.0706, False)]
)
def test_row__at_the_edge_of_its_tolerance__is_within_or_not(ours: float, is_within: bool) -> None:
    row = Row("study", "name", Target(0.05, 0.05, 0.003), ours, 0.004)

    assert row.is_within is is_within


def test_row__range_as_target__is_measured_from_its_nearer_end() -> None:
    limit = Target(0.0, 0.06, rounding=0.0)

    assert Row("study", "name", limit, 0.063, 0.001).is_within
    assert not Row("study", "name", limit, 0.065, 0.001).is_within
    assert limit.text == "0.0000 to 0.0600"


def test_share_error__no_hit_at_all__is_not_zero() -> None:
    assert share_error(0.0, 1000) == pytest.approx(math.sqrt(2 / 1004 * 1002 / 1004 / 1000))


def test_share_row__of_hits__counts_them() -> None:
    row = share_row("study", "name", share_target(0.25, 100), np.array([True, False, False, False]))

    assert row.ours == 0.25
    assert row.error == share_error(0.25, 4)


def test_all_jobs__quick_or_full__are_the_same_simulations() -> None:
    quick, full = all_jobs(quick=True), all_jobs()

    assert [job.name for job in quick] == [job.name for job in full]
    assert len({job.name for job in full}) == len(full)
    assert FULL_SCALE > 1
