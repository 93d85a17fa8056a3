"""Values of list policies: published numbers, and exact expectations where each belief holds."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.stats.offpolicy.slates import (
    SlateLog,
    cascade_dr,
    iips,
    position_based,
    pseudo_inverse,
    rips,
    sips,
)
from analytics.stats.offpolicy.values import PolicyValue
from analytics.stats.results import Status

Floats = NDArray[np.float64]

REFERENCE = SlateLog.of(
    [[1.2, 0.5, 2], [0.8, 1.5, 0.4], [2, 1, 0.5], [0.5, 1.1, 1.3]],
    [[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 0, 1]],
)


def test_slates__reference_log__give_the_published_values() -> None:
    # ▸ §16
    assert sips(REFERENCE).value == pytest.approx(1.09875, rel=1e-6)
    assert iips(REFERENCE).value == pytest.approx(1.625, rel=1e-6)
    assert rips(REFERENCE).value == pytest.approx(1.52875, rel=1e-6)
    assert pseudo_inverse(REFERENCE).value == pytest.approx(1.575, rel=1e-6)


# Two slots, two items each, drawn slot by slot; the rewards decide which belief holds.
LOGGED = np.array([[0.3, 0.7], [0.6, 0.4]])
TARGET = np.array([[0.8, 0.2], [0.1, 0.9]])
SLATES = [(first, second) for first in (0, 1) for second in (0, 1)]


def _own(slate: tuple[int, int]) -> Floats:
    """Rewards of each slot that depend on its item alone."""
    return np.array([[0.2, 0.5][slate[0]], [0.7, 0.1][slate[1]]])


def _cascade(slate: tuple[int, int]) -> Floats:
    """Rewards that depend on the slots above too."""
    return np.array([[0.2, 0.5][slate[0]], [[0.7, 0.1], [0.0, 0.9]][slate[0]][slate[1]]])


def _whole(slate: tuple[int, int]) -> Floats:
    """Rewards that depend on the whole list, upwards too."""
    return np.array([[[0.2, 0.9], [0.5, 0.0]][slate[0]][slate[1]], _cascade(slate)[1]])


Rewards = Callable[[tuple[int, int]], Floats]


def _odds(policy: Floats, slate: tuple[int, int]) -> float:
    return float(policy[0, slate[0]] * policy[1, slate[1]])


def _truth(rewards: Rewards) -> float:
    return math.fsum(_odds(TARGET, each) * rewards(each).sum() for each in SLATES)


def _expected(estimate: Callable[[SlateLog], PolicyValue], rewards: Rewards) -> float:
    """Return the exact expectation under the logging policy: values are means over slates."""
    total = 0.0
    for slate in SLATES:
        w = [TARGET[j, item] / LOGGED[j, item] for j, item in enumerate(slate)]
        value = estimate(SlateLog.of([w], [rewards(slate)])).value
        total += _odds(LOGGED, slate) * (value or 0.0)
    return total


@pytest.mark.parametrize(
    ("estimate", "rewards", "is_unbiased"),
    [
        (sips, _own, True),
        (sips, _cascade, True),
        (sips, _whole, True),
        (rips, _own, True),
        (rips, _cascade, True),
        (rips, _whole, False),
        (iips, _own, True),
        (iips, _cascade, False),
        (pseudo_inverse, _own, True),
        (pseudo_inverse, _cascade, False),
    ],
)
def test_slates__every_list__is_unbiased_exactly_where_the_belief_holds(
    estimate: Callable[[SlateLog], PolicyValue], rewards: Rewards, is_unbiased: bool
) -> None:
    bias = abs(_expected(estimate, rewards) - _truth(rewards))

    assert (bias < 1e-12) == is_unbiased
    assert is_unbiased or bias > 0.01


@pytest.mark.parametrize("is_right", [True, False])
def test_cascade_dr__any_predictions__is_unbiased_under_the_cascade(is_right: bool) -> None:
    below = [
        [float(TARGET[1] @ [_cascade((a, b))[1] for b in (0, 1)])] for a in (0, 1)
    ]  # mean reward of slot 2 under the target, after item a
    total, values = 0.0, []
    for a, b in SLATES:
        w = [TARGET[0, a] / LOGGED[0, a], TARGET[1, b] / LOGGED[1, b]]
        first = [_cascade((i, 0))[0] + below[i][0] if is_right else 0.3 + i for i in (0, 1)]
        second = [_cascade((a, i))[1] if is_right else 0.9 - i for i in (0, 1)]
        found = cascade_dr(
            SlateLog.of([w], [_cascade((a, b))]),
            [[first[a], second[b]]],
            [[float(TARGET[0] @ first), float(TARGET[1] @ second)]],
        )
        values.append(found.value or 0.0)
        total += _odds(LOGGED, (a, b)) * values[-1]

    assert total == pytest.approx(_truth(_cascade), abs=1e-12)
    # What foretells the rewards of a slot and of all below leaves no variance at all.
    assert (np.ptp(values) < 1e-12) == is_right


def test_cascade_dr__no_predictions__is_rips() -> None:
    zeros = np.zeros((4, 3))

    assert cascade_dr(REFERENCE, zeros, zeros).value == rips(REFERENCE).value


def test_position_based__clicks_of_the_model__are_unbiased() -> None:
    # Policies are odds of the two orders of two items; a click is looked at × attraction.
    attraction, examination = np.array([0.6, 0.2]), np.array([0.9, 0.3])
    orders, mu, pi = [(0, 1), (1, 0)], np.array([0.25, 0.75]), np.array([0.9, 0.1])
    marginals = [
        np.array([[p[0], p[1]], [p[1], p[0]]]) for p in (mu, pi)
    ]  # probability of item i at slot k
    logged, target = marginals
    values = [
        position_based(
            [[attraction[item] * examination[j] for j, item in enumerate(order)]],
            [[logged[item] for item in order]],
            [[target[item] for item in order]],
            examination,
        ).value
        for order in orders
    ]

    truth = sum(
        p * sum(attraction[item] * examination[j] for j, item in enumerate(order))
        for p, order in zip(pi, orders, strict=True)
    )
    assert np.dot(mu, np.array(values, dtype=float)) == pytest.approx(truth, abs=1e-12)


def test_slates__one_slot__all_agree() -> None:
    log = SlateLog.of([[0.5], [2.0], [1.0]], [[1], [0], [1]])

    assert len({each(log).value for each in (sips, iips, rips, pseudo_inverse)}) == 1


def test_slates__units__widen_what_repeats() -> None:
    twice = SlateLog.of(
        np.tile(REFERENCE.weights, (2, 1)),
        np.tile(REFERENCE.rewards, (2, 1)),
        units=[*range(4)] * 2,
    )

    assert rips(twice).se == pytest.approx(rips(REFERENCE).se)


def test_slates__none_or_one__has_no_error() -> None:
    empty = SlateLog.of(np.empty((0, 3)), np.empty((0, 3)))
    one = SlateLog.of([[1.0, 2.0]], [[1, 0]])

    assert (rips(empty).status, rips(empty).value) == (Status.INSUFFICIENT_DATA, None)
    assert (rips(one).status, rips(one).value) == (Status.INSUFFICIENT_DATA, 1.0)


@pytest.mark.parametrize(
    ("weights", "rewards"),
    [
        ([[-1.0]], [[1]]),
        ([[math.nan]], [[1]]),
        ([[1.0]], [[math.inf]]),
        ([[1.0, 2.0]], [[1]]),
        ([1.0], [1]),
        ([[]], [[]]),
        ([[1e50]], [[1]]),
    ],
)
def test_log__impossible_slates__raises(weights: object, rewards: object) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        SlateLog.of(weights, rewards)  # type: ignore[arg-type]


def test_sips__product_beyond_numbers__raises() -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        sips(SlateLog.of([[1e30] * 12], [[1] * 12]))


@pytest.mark.parametrize(
    ("logged", "examination"),
    [([[[0.0, 0.0]]], [1, 1]), ([[[0.5, 0.5]]], [1]), ([[[0.5, 0.5]]], [0, 0])],
    ids=["never shown", "shapes", "never looked at"],
)
def test_position_based__impossible_input__raises(
    logged: list[list[list[float]]], examination: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"^invalid_input: "):
        position_based([[1.0]], logged, [[[0.5, 0.5]]], examination)
