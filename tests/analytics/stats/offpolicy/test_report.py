"""The default report of a policy, and its bootstrap."""

import numpy as np
import pytest

from analytics.stats.offpolicy.doubly_robust import doubly_robust
from analytics.stats.offpolicy.estimators import ips, snips
from analytics.stats.offpolicy.log import FeedbackLog
from analytics.stats.offpolicy.report import bootstrap_interval, evaluate_policy
from analytics.stats.results import Status
from tests.analytics.stats.offpolicy.reference_log import EMPTY, REFERENCE


def _log(n: int, rng: np.random.Generator) -> FeedbackLog:
    logged = rng.choice([0.2, 0.5], size=n)
    return FeedbackLog.of(rng.random(n) < 0.3, logged, rng.permutation(logged))


def test_report__few_rows__bootstraps_both_values(rng: np.random.Generator) -> None:
    found = evaluate_policy(REFERENCE, rng=rng)

    assert found.dr is not None
    assert (found.snips.value, found.dr.value) == (
        snips(REFERENCE).value,
        doubly_robust(REFERENCE).value,
    )
    assert found.snips.interval != snips(REFERENCE).interval
    assert found.dr.interval != doubly_robust(REFERENCE).interval


def test_report__many_rows__keeps_the_normal_interval(rng: np.random.Generator) -> None:
    log = _log(4000, rng)

    found = evaluate_policy(log, rng=rng)

    assert found.snips == snips(log)
    assert found.dr is None


@pytest.mark.parametrize("unsupported", [0.0, 0.1])
def test_report__support__reaches_the_finding(unsupported: float, rng: np.random.Generator) -> None:
    found = evaluate_policy(REFERENCE, rng=rng, unsupported=unsupported)

    assert found.overlap.evidence.unsupported == unsupported


def test_report__empty_log__is_insufficient(rng: np.random.Generator) -> None:
    assert evaluate_policy(EMPTY, rng=rng).snips.status is Status.INSUFFICIENT_DATA


def test_bootstrap__many_rows__agrees_with_the_normal_interval(rng: np.random.Generator) -> None:
    log = _log(3000, rng)

    found, normal = bootstrap_interval(ips, log, rng=rng), ips(log).interval

    assert found is not None
    assert normal is not None
    width = normal.high - normal.low
    assert found.low == pytest.approx(normal.low, abs=0.1 * width)
    assert found.high == pytest.approx(normal.high, abs=0.1 * width)


def test_bootstrap__same_seed__is_the_same() -> None:
    first, second = (
        bootstrap_interval(snips, REFERENCE, rng=np.random.default_rng(2)) for _ in range(2)
    )

    assert first == second


def test_bootstrap__rows_of_few_units__is_wider_than_by_row(rng: np.random.Generator) -> None:
    rewards = np.repeat(rng.random(30) < 0.5, 20)
    rows = FeedbackLog.of(rewards, np.full(600, 0.5), np.full(600, 0.5))
    units = FeedbackLog.of(
        rewards, np.full(600, 0.5), np.full(600, 0.5), units=np.repeat(np.arange(30), 20).tolist()
    )

    by_row, by_unit = (bootstrap_interval(ips, log, rng=rng) for log in (rows, units))

    assert by_row is not None
    assert by_unit is not None
    assert by_unit.high - by_unit.low > 3 * (by_row.high - by_row.low)


def test_bootstrap__one_unit_or_mostly_no_overlap__is_none(rng: np.random.Generator) -> None:
    one = FeedbackLog.of([1, 0], [0.5, 0.5], [0.5, 0.5], units=["u", "u"])
    rare = FeedbackLog.of([1] * 9, [0.5] * 9, [0.5] + [0] * 8)

    assert bootstrap_interval(snips, one, rng=rng) is None
    assert bootstrap_interval(snips, rare, rng=rng) is None  # a third of resamples lack the row


def test_bootstrap__few_resamples__raises(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        bootstrap_interval(ips, REFERENCE, rng=rng, n_bootstrap=100)
