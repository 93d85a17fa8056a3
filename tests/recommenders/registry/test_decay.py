"""Decay of clicks: the ratio to control by hand, and what noise alone must not make of it."""

from math import exp, log, sqrt

import numpy as np
import pytest

from recommenders.decay import Cell, ctr_change


def cell(rate: float, n: int = 1_000, lists: int = 10) -> Cell:
    """Return units of equal lists, every other one a little above the rate, the next below."""
    clicks = round(rate * lists)
    return Cell.of([(clicks + (1 if unit % 2 else -1), lists) for unit in range(n)])


def test_change__worked_by_hand__agrees() -> None:
    then, now = (cell(0.2), cell(0.4)), (cell(0.2), cell(0.3))

    found = ctr_change(then, now)

    # Each unit is one clicked list off its mean: var(ln rate) = n / (n - 1) / (n * mean**2).
    variance = sum(1_000 / 999 / (1_000 * mean**2) for mean in (2, 4, 2, 3))
    reach = 1.959964 * sqrt(variance)
    shift = log(0.3 / 0.2) - log(0.4 / 0.2)
    assert found.change == pytest.approx(-0.25)
    assert found.low == pytest.approx(exp(shift - reach) - 1)
    assert found.high == pytest.approx(exp(shift + reach) - 1)
    assert found.has_decayed


def test_change__both_fall_alike__is_none() -> None:
    found = ctr_change((cell(0.4), cell(0.4)), (cell(0.2), cell(0.2)))

    assert found.change == pytest.approx(0)
    assert not found.has_decayed


def test_variance__of_units_that_click_by_habit__is_wider_than_of_single_lists() -> None:
    rng = np.random.default_rng(5)
    habits = rng.beta(2, 8, 4_000)
    units = [(int(rng.binomial(20, habit)), 20) for habit in habits]

    found = Cell.of(units)

    single = (1 - found.rate) / found.c
    replicas = [
        log(Cell.of([units[i] for i in rng.integers(0, 4_000, 4_000)]).rate) for _ in range(200)
    ]
    assert found.log_variance() > 2 * single
    assert found.log_variance() == pytest.approx(np.var(replicas), rel=0.35)


def test_change__no_true_change__is_called_decay_as_rarely_as_it_says() -> None:
    rng = np.random.default_rng(11)

    def draw() -> Cell:
        return Cell.of([(int(clicks), 5) for clicks in rng.binomial(5, 0.2, 300)])

    runs = [ctr_change((draw(), draw()), (draw(), draw())).has_decayed for _ in range(400)]

    assert 0 < np.mean(runs) < 0.05  # one side of a two-sided 95 % interval: 2.5 %


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ((cell(0.2, n=99), cell(0.2), cell(0.2), cell(0.2)), "fewer than 100 units"),
        ((cell(0.2), cell(0.2), cell(0.2), Cell.of([])), "fewer than 100 units"),
        ((cell(0.2), Cell.of([(0, 5)] * 200), cell(0.2), cell(0.2)), "fewer than 10 clicked"),
    ],
)
def test_change__too_little_to_say__says_why_and_calls_nothing_decay(
    cells: tuple[Cell, Cell, Cell, Cell], why: str
) -> None:
    found = ctr_change((cells[0], cells[1]), (cells[2], cells[3]))

    assert why in found.missing
    assert not found.has_decayed
