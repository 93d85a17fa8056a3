"""What is said to be true of a made-up shop is what its units do, very many of them."""

import numpy as np
import pytest

from benchmarks._planted.shop import (
    HEAVY,
    NOTHING,
    USUAL,
    Effect,
    Shop,
    behave,
    no_one,
    revenue_of,
)
from benchmarks._planted.truth import planted, values_of

N = 400_000


@pytest.mark.parametrize("shop", [USUAL, HEAVY])
@pytest.mark.parametrize("effect", [NOTHING, Effect(0.03, buys=1.2, median=1.1, sigma=0.9)])
def test_values__of_a_shop__are_those_of_very_many_units(shop: Shop, effect: Effect) -> None:
    did = behave(shop, effect, ~no_one(N), np.random.default_rng(1))
    revenue = revenue_of(did)

    true = values_of(shop, effect)
    error = revenue.std() / np.sqrt(N)

    assert did.clicked.mean() == pytest.approx(true.ctr, abs=0.002)
    assert len(np.unique(did.order_unit)) / N == pytest.approx(true.conversion, abs=0.002)
    assert abs(revenue.mean() - true.revenue_per_unit) < 4 * error


def test_planted__effects_asked_for__are_true_and_leave_the_spread_of_revenue() -> None:
    effect = planted(USUAL, clicks=0.02, conversion=0.04, revenue=150.0)
    own, other = (
        revenue_of(behave(USUAL, each, ~no_one(N), np.random.default_rng(2)))
        for each in (NOTHING, effect)
    )

    before, after = values_of(USUAL), values_of(USUAL, effect)

    assert after.ctr - before.ctr == pytest.approx(0.02)
    assert after.conversion - before.conversion == pytest.approx(0.04)
    assert after.revenue_per_unit - before.revenue_per_unit == pytest.approx(150)
    assert other.std() == pytest.approx(own.std(), rel=0.03)


def test_planted__baskets_that_would_have_to_be_all_alike__are_refused() -> None:
    with pytest.raises(ValueError, match="no baskets are as alike"):
        planted(USUAL, clicks=0.0, conversion=0.0, revenue=5000.0)
