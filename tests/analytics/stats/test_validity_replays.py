"""False claims over many tests without effect: what is due, too often, too seldom, uneven."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from analytics.errors import InvalidInputError
from analytics.stats.validity.replays import Erring, judge_alarms, judge_replays

EVEN = [(place + 0.5) / 1000 for place in range(1000)]


@pytest.mark.parametrize(
    ("p_values", "is_exact", "erring"),
    [
        (EVEN, True, Erring.AS_DUE),
        (EVEN, False, Erring.AS_DUE),
        ([p / 2 for p in EVEN], True, Erring.TOO_OFTEN),
        ([p / 2 for p in EVEN], False, Erring.TOO_OFTEN),
        ([0.5 + p / 2 for p in EVEN], True, Erring.TOO_SELDOM),
        ([p if p < 0.06 else 0.06 + 0.94 * p**2 for p in EVEN], True, Erring.UNEVEN),
        (EVEN[::60], True, Erring.UNKNOWN),
    ],
)
def test_replays__of_p_values__err_as_they_do(
    p_values: list[float], is_exact: bool, erring: Erring
) -> None:
    found = judge_replays(p_values, p_values, alpha=0.05, is_exact=is_exact)

    assert found.erring is erring


def test_replays__always_valid__may_err_seldom_while_single_looks_are_even() -> None:
    found = judge_replays([1.0] * 1000, EVEN, alpha=0.05, is_exact=False)

    assert found.erring is Erring.AS_DUE
    assert found.n_false == 0
    assert found.histogram == (50,) * 20


def test_replays__of_healthy_tests__are_called_off_once_in_a_hundred() -> None:
    rng = np.random.default_rng(3)
    called = [
        judge_replays(p := rng.random(1000).tolist(), p, alpha=0.05, is_exact=True).erring
        for _ in range(300)
    ]

    assert sum(each is not Erring.AS_DUE for each in called) <= 9


def test_replays__interval__is_the_exact_binomial_one() -> None:
    found = judge_replays(EVEN, EVEN, alpha=0.05, is_exact=True)

    low, high = proportion_confint(50, 1000, method="beta")
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=1e-12)


@pytest.mark.parametrize(("alarms", "is_off"), [(0, False), (2, False), (5, True), (1000, True)])
def test_alarms__of_healthy_splits__are_off_beyond_chance(alarms: int, is_off: bool) -> None:
    assert judge_alarms(alarms, 1000, due=0.001).is_off is is_off


def test_alarms__more_than_runs__are_refused() -> None:
    with pytest.raises(InvalidInputError, match="alarms must lie in"):
        judge_alarms(11, 10, due=0.001)
