"""Times of day and of week on a circle."""

from datetime import UTC, datetime

import numpy as np
import pytest

from experiments.clock import microseconds
from recommenders.features.moments import HOUR_US, NAMES, WEEK_US, moment_columns

SUNDAY_LATE = microseconds(datetime(2026, 11, 29, 23, 30, tzinfo=UTC))


def _distance(one_us: int, other_us: int) -> float:
    one, other = moment_columns(np.array([one_us, other_us]))
    return float(np.linalg.norm(one - other))


def test_moments__around_midnight_and_weekend__stand_close_together() -> None:
    an_hour, half_a_day = HOUR_US, 12 * HOUR_US

    assert _distance(SUNDAY_LATE, SUNDAY_LATE + an_hour) < 0.3
    assert _distance(SUNDAY_LATE, SUNDAY_LATE + half_a_day) > 1.9


def test_moments__a_week_later__are_the_same() -> None:
    assert _distance(SUNDAY_LATE, SUNDAY_LATE + WEEK_US) == pytest.approx(0, abs=1e-6)


def test_moments__monday_at_midnight__begins_both_circles() -> None:
    monday = microseconds(datetime(2026, 11, 30, tzinfo=UTC))

    columns = moment_columns(np.array([monday]))

    assert columns.shape == (1, len(NAMES))
    np.testing.assert_allclose(columns, [[0, 1, 0, 1]], atol=1e-6)
