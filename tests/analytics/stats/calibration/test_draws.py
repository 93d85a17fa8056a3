"""Simulated units: their moments, their cap, and how runs are split."""

import numpy as np
import pytest

from analytics.stats.calibration.draws import R1, R2, Shop, accumulated, chunks, look_sizes, revenue
from analytics.stats.samples import Sample


@pytest.mark.parametrize(("shop", "cap"), [(R1, 375.50), (R2, 939.38)])
def test_cap__of_a_shop__is_the_published_percentile(shop: Shop, cap: float) -> None:
    assert shop.cap == pytest.approx(cap, abs=0.005)


def test_accumulated__purchases_in_cells__are_the_moments_of_all_units_up_to_each_look() -> None:
    # Two runs with looks after 3 and 5 units: (4, 0, 0 | 2, 6) and (0, 0, 0 | 0, 1).
    found = accumulated(
        np.array([3, 5]), np.array([0, 1, 1, 3]), np.array([4.0, 2.0, 6.0, 1.0]), (2, 2)
    )

    for index, units in {
        (0, 0): [4, 0, 0],
        (0, 1): [4, 0, 0, 2, 6],
        (1, 0): [0, 0, 0],
        (1, 1): [0, 0, 0, 0, 1],
    }.items():
        due = Sample.from_columns({"y": units})
        assert found.n[index] == len(units)
        assert found.mean_y[index] == pytest.approx(due.means[0])
        assert found.m2_y[index] == pytest.approx(due.products[0])


def test_revenue__many_units__has_the_mean_of_the_shop(rng: np.random.Generator) -> None:
    raw, capped = revenue(R1, look_sizes(1_000_000, 2), 3, rng)

    # 0.03 · 60 · e^½; the published cap keeps 92.4 % of it.
    assert raw.mean_y[:, -1] == pytest.approx(2.9677, rel=0.05)
    assert (capped.mean_y / raw.mean_y)[:, -1] == pytest.approx(0.924, abs=0.01)
    assert (capped.m2_y < raw.m2_y).all()


def test_look_sizes__looks_that_do_not_divide_units__end_at_all_of_them() -> None:
    sizes = look_sizes(10_000, 28)

    assert sizes[-1] == 10_000
    assert set(np.diff(sizes)) == {357, 358}


def test_chunks__of_runs__add_up_and_stay_small() -> None:
    parts = chunks(1000, 300.0, at_most=90_100)

    assert sum(parts) == 1000
    assert max(parts) == 300


def test_chunks__one_run_larger_than_allowed__takes_runs_one_by_one() -> None:
    assert chunks(3, 1e9) == [1, 1, 1]
