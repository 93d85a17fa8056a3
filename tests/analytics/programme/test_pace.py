"""Win rate and velocity."""

from datetime import date

import pytest
from statsmodels.stats.proportion import proportion_confint

from analytics.programme.pace import pace_of, win_rate


@pytest.mark.parametrize(("won", "others"), [(1, 0), (0, 3), (7, 13)])
def test_win_rate__of_decisions__has_wilsons_interval(won: int, others: int) -> None:
    found = win_rate(["won"] * won + ["inconclusive"] * others)

    low, high = proportion_confint(won, won + others, method="wilson")
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))
    assert found.rate == won / (won + others)


def test_win_rate__of_open_and_broken_ones__is_none() -> None:
    found = win_rate(["", "broken", "other"])

    assert (found.decided, found.rate, found.interval) == (0, None, None)


def test_pace__of_twelve_months__counts_each_in_its_own() -> None:
    started = [date(2025, 12, 31), date(2026, 11, 1), date(2026, 11, 30), date(2024, 1, 1)]

    months = pace_of(started, [date(2026, 2, 3)], today=date(2026, 11, 29))

    assert [months[0].month, months[-1].month] == ["2025-12", "2026-11"]
    assert [month.started for month in months] == [1, *[0] * 10, 2]
    assert sum(month.decided for month in months) == 1
