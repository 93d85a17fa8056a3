"""Retention of mature units."""

from typing import Any

import pytest

from analytics.errors import InvalidInputError
from analytics.stats.cohorts import DAY_US, is_mature, retention
from analytics.stats.moments import Moments


def test_is_mature__units_of_every_age__needs_the_whole_day() -> None:
    exposed = [0, DAY_US, DAY_US + 1, 3 * DAY_US]

    assert is_mature(exposed, day=1, until_us=3 * DAY_US).tolist() == [True, True, False, False]
    assert is_mature(exposed, day=0, until_us=3 * DAY_US).tolist() == [True, True, True, False]


def test_retention__events_around_the_day__counts_mature_units_once() -> None:
    day = 7
    exposed = [0, 0, 0, 0, 5 * DAY_US]
    events = [
        (0, 7 * DAY_US),  # the day's first moment
        (0, 7 * DAY_US + 5),  # again
        (1, 8 * DAY_US),  # the next day's first
        (2, 7 * DAY_US - 1),  # the day before
        (3, 8 * DAY_US - 1),  # the day's last
        (4, 12 * DAY_US + 1),  # a unit that is too young
    ]
    found = retention(
        exposed,
        [unit for unit, _ in events],
        [at for _, at in events],
        day=day,
        until_us=12 * DAY_US,
    )

    assert found.moments == Moments(4, 2, 2)
    assert found.n_too_young == 1


def test_retention__nobody_is_old_enough__is_empty() -> None:
    found = retention([0, 1], [], [], day=30, until_us=DAY_US)

    assert (found.moments, found.n_too_young) == (Moments(0, 0, 0), 2)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: is_mature([0], day=-1, until_us=0),
        lambda: is_mature([0.5], day=1, until_us=0),
        lambda: is_mature([float("nan")], day=1, until_us=0),
        lambda: retention([0], [1], [5], day=1, until_us=9),
        lambda: retention([0], [-1], [5], day=1, until_us=9),
        lambda: retention([0], [0], [5, 6], day=1, until_us=9),
    ],
)
def test_retention__caller_mistakes__raise(mistake: Any) -> None:
    with pytest.raises(InvalidInputError):
        mistake()
