"""Values of a policy from the log of another: published numbers, exact expectations, edges."""

import itertools
import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.stats.offpolicy.diagnostics import overlap_of
from analytics.stats.offpolicy.doubly_robust import (
    direct_method,
    doubly_robust,
    self_normalised_dr,
    shrunken_dr,
    switch_dr,
)
from analytics.stats.offpolicy.estimators import clipped_ips, ips, snips
from analytics.stats.offpolicy.log import FeedbackLog
from analytics.stats.offpolicy.values import PolicyValue
from analytics.stats.results import Status
from tests.analytics.stats.offpolicy.reference_log import EMPTY, REFERENCE

Estimator = Callable[[FeedbackLog], PolicyValue]

ALL: dict[str, Estimator] = {
    "ips": ips,
    "clipped": clipped_ips,
    "snips": snips,
    "dm": direct_method,
    "dr": doubly_robust,
    "switch": partial(switch_dr, threshold=2),
    "shrunken": partial(shrunken_dr, strength=5),
    "sndr": self_normalised_dr,
}


def test_estimators__reference_log__give_the_published_values() -> None:
    overlap = overlap_of(REFERENCE.weights)

    # ▸ §16
    assert ips(REFERENCE).value == pytest.approx(0.6375, rel=1e-6)
    assert ips(REFERENCE).se == pytest.approx(0.3380286864, rel=1e-6)
    assert clipped_ips(REFERENCE, max_weight=2).value == pytest.approx(0.575, rel=1e-6)
    assert snips(REFERENCE).value == pytest.approx(0.4214876033, rel=1e-6)
    assert snips(REFERENCE).se == pytest.approx(0.2117118729, rel=1e-6)
    assert direct_method(REFERENCE).value == pytest.approx(0.3375, rel=1e-6)
    assert doubly_robust(REFERENCE).value == pytest.approx(0.4575, rel=1e-6)
    assert doubly_robust(REFERENCE).se == pytest.approx(0.3034901152, rel=1e-6)
    assert switch_dr(REFERENCE, threshold=2).value == pytest.approx(0.42, rel=1e-6)
    assert self_normalised_dr(REFERENCE).value == pytest.approx(0.4168388430, rel=1e-6)
    assert shrunken_dr(REFERENCE, strength=5).value == pytest.approx(0.4378579917, rel=1e-6)
    assert overlap.ess == pytest.approx(5.153467089, rel=1e-6)
    assert overlap.mean_weight == pytest.approx(1.5125, rel=1e-6)


def test_clipped__default__clips_at_the_root_of_n() -> None:
    assert clipped_ips(REFERENCE) == clipped_ips(REFERENCE, max_weight=math.sqrt(8))


CONTEXTS, ACTIONS = 2, 3
LOGGED = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
TARGET = np.array([[0.7, 0.1, 0.2], [0.1, 0.1, 0.8]])
CLICKS = np.array([[0.1, 0.4, 0.8], [0.3, 0.9, 0.5]])  # true reward rates
TRUTH = float((TARGET * CLICKS).sum(axis=1).mean())


def _expected(estimate: Estimator, foretold: np.ndarray, n: int) -> float:
    """Return the exact expectation over every log of n rows, contexts at even odds."""
    outcomes = list(itertools.product(range(CONTEXTS), range(ACTIONS), (0, 1)))
    total = 0.0
    for rows in itertools.product(outcomes, repeat=n):
        x, a, r = (np.array(each) for each in zip(*rows, strict=True))
        p = np.where(r == 1, CLICKS[x, a], 1 - CLICKS[x, a])
        odds = float(np.prod(LOGGED[x, a] * p / CONTEXTS))
        log = FeedbackLog.of(
            r,
            LOGGED[x, a],
            TARGET[x, a],
            predicted=foretold[x, a],
            predicted_target=(TARGET * foretold).sum(axis=1)[x],
        )
        total += odds * (estimate(log).value or 0.0)
    return total


WRONG = np.array([[0.6, 0.1, 0.0], [0.9, 0.2, 0.4]])


@pytest.mark.parametrize("name", ["ips", "dr"])
@pytest.mark.parametrize("n", [1, 2])
def test_unbiased__every_log__has_the_truth_for_expectation(name: str, n: int) -> None:
    assert _expected(ALL[name], WRONG, n) == pytest.approx(TRUTH, abs=1e-12)


@pytest.mark.parametrize("name", ["dm", "dr", "switch", "shrunken", "sndr"])
def test_right_predictions__every_log__has_the_truth_for_expectation(name: str) -> None:
    assert _expected(ALL[name], CLICKS, 2) == pytest.approx(TRUTH, abs=1e-12)


@pytest.mark.parametrize("name", ["dm", "switch", "shrunken"])
def test_wrong_predictions__every_log__bias_what_leans_on_them(name: str) -> None:
    assert abs(_expected(ALL[name], WRONG, 1) - TRUTH) > 0.01


def test_clipped__every_log__falls_short_on_rewards_above_zero() -> None:
    assert _expected(partial(clipped_ips, max_weight=2), WRONG, 1) < TRUTH - 0.01


@pytest.mark.parametrize("name", ["ips", "snips", "dr", "sndr"])
def test_consistent__long_log__comes_near_the_truth_within_its_error(
    name: str, rng: np.random.Generator
) -> None:
    x = rng.integers(CONTEXTS, size=20_000)
    a = (rng.random(20_000)[:, None] > LOGGED.cumsum(axis=1)[x]).sum(axis=1)
    log = FeedbackLog.of(
        rng.random(20_000) < CLICKS[x, a],
        LOGGED[x, a],
        TARGET[x, a],
        predicted=WRONG[x, a],
        predicted_target=(TARGET * WRONG).sum(axis=1)[x],
    )

    found = ALL[name](log)

    assert found.se is not None
    assert found.se < 0.02
    assert found.value == pytest.approx(TRUTH, abs=3.5 * found.se)


@pytest.mark.parametrize("name", ["snips", "sndr"])
def test_self_normalised__error__is_that_of_many_logs(name: str) -> None:
    rng, values, errors = np.random.default_rng(11), [], []
    for _ in range(400):
        x = rng.integers(CONTEXTS, size=400)
        a = (rng.random(400)[:, None] > LOGGED.cumsum(axis=1)[x]).sum(axis=1)
        found = ALL[name](
            FeedbackLog.of(
                rng.random(400) < CLICKS[x, a],
                LOGGED[x, a],
                TARGET[x, a],
                predicted=WRONG[x, a],
                predicted_target=(TARGET * WRONG).sum(axis=1)[x],
            )
        )
        values.append(found.value)
        errors.append(found.se)

    assert np.mean(np.array(errors, dtype=float)) == pytest.approx(
        np.std(np.array(values, dtype=float)), rel=0.12
    )


@pytest.mark.parametrize("name", ALL)
def test_same_policy__no_predictions__is_the_plain_mean(name: str) -> None:
    log = FeedbackLog.of(
        [1, 0, 2], [0.2, 0.5, 1], [0.2, 0.5, 1], predicted=[1] * 3, predicted_target=[1] * 3
    )

    assert ALL[name](log).value == pytest.approx(1.0)


@pytest.mark.parametrize("name", ALL)
def test_units__each_row_its_own__changes_nothing_and_pairs_widen(name: str) -> None:
    rows = np.arange(8)
    log = REFERENCE
    alone = FeedbackLog(
        log.rewards, log.logged, log.target, log.predicted, log.predicted_target, rows
    )
    twice = alone.take(np.concatenate([rows, rows]))

    assert ALL[name](alone) == ALL[name](log)
    # Each row told twice by the same unit says no more than once.
    pair = ALL[name](twice)
    if name != "clipped":  # whose default cap depends on the number of rows
        assert pair.value == pytest.approx(ALL[name](log).value)
        assert pair.se == pytest.approx(ALL[name](log).se)


@pytest.mark.parametrize("name", ALL)
def test_empty_log__is_insufficient(name: str) -> None:
    found = ALL[name](EMPTY)

    assert (found.status, found.value, found.se) == (Status.INSUFFICIENT_DATA, None, None)


@pytest.mark.parametrize("name", ALL)
def test_one_row__has_a_value_and_no_error(name: str) -> None:
    found = ALL[name](REFERENCE.take(np.array([0])))

    assert (found.status, found.se, found.interval) == (Status.INSUFFICIENT_DATA, None, None)
    assert found.value is not None


@pytest.mark.parametrize("name", ["snips", "sndr"])
def test_no_overlap__self_normalised__says_so(name: str) -> None:
    log = FeedbackLog.of([1, 0], [0.5, 0.5], [0, 0], predicted=[0, 0], predicted_target=[0, 0])

    found = ALL[name](log)

    assert (found.status, found.value, found.se) == (Status.NO_OVERLAP, None, None)


def test_all_zero_rewards__has_no_spread() -> None:
    assert ips(FeedbackLog.of([0, 0], [0.5, 0.5], [0.5, 0.5])).status is Status.ZERO_VARIANCE


@pytest.mark.parametrize(
    ("rewards", "logged", "target"),
    [
        ([1], [0.0], [0.5]),
        ([1], [-0.1], [0.5]),
        ([1], [1.1], [0.5]),
        ([1], [0.5], [-0.1]),
        ([1], [0.5], [1.1]),
        ([math.nan], [0.5], [0.5]),
        ([math.inf], [0.5], [0.5]),
        ([1], [math.nan], [0.5]),
        ([1, 0], [0.5], [0.5]),
    ],
)
def test_log__impossible_rows__raises(
    rewards: list[float], logged: list[float], target: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        FeedbackLog.of(rewards, logged, target)


def test_log__half_or_no_predictions__raises() -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        FeedbackLog.of([1], [0.5], [0.5], predicted=[0.2])
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        doubly_robust(FeedbackLog.of([1], [0.5], [0.5]))
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        FeedbackLog.of([1], [0.5], [0.5], units=["a", "b"])


@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan, math.inf])
def test_limits__not_positive__raises(limit: float) -> None:
    for estimate in (
        partial(clipped_ips, max_weight=limit),
        partial(switch_dr, threshold=limit),
        partial(shrunken_dr, strength=limit),
    ):
        with pytest.raises(ValueError, match=r"^invalid_input: "):
            estimate(REFERENCE)


rows = st.tuples(
    st.floats(-1e100, 1e100), st.floats(1e-30, 1), st.floats(0, 1), st.floats(-1e100, 1e100)
)


@settings(deadline=None)
@given(st.lists(rows, min_size=1, max_size=6), st.sampled_from(sorted(ALL)))
def test_any_log__every_estimator__stays_finite(
    drawn: list[tuple[float, float, float, float]], name: str
) -> None:
    r, mu, pi, q = zip(*drawn, strict=True)

    found = ALL[name](FeedbackLog.of(r, mu, pi, predicted=q, predicted_target=q))

    numbers = [found.value, found.se]
    if found.interval is not None:
        numbers += [found.interval.low, found.interval.high]
    assert all(number is None or math.isfinite(number) for number in numbers)


@given(st.floats(-5, 5))
def test_snips__constant_added_to_rewards__adds_to_the_value(shift: float) -> None:
    log = REFERENCE
    moved = FeedbackLog.of(log.rewards + shift, log.logged, log.target)

    assert snips(moved).value == pytest.approx((snips(log).value or 0) + shift)
    assert snips(moved).se == pytest.approx(snips(log).se)
