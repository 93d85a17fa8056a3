"""Exact tests of small tables."""

import numpy as np
import pytest
from scipy.stats import fisher_exact

from analytics.errors import InvalidInputError
from analytics.stats.exact import exact_tests, needs_exact


def test_exact__reference_table__gives_the_published_values() -> None:
    found = exact_tests(2, 40, 9, 40)

    assert found is not None
    # ▸ §2
    assert found.fisher_p == pytest.approx(0.04762516490, rel=1e-8)
    assert found.barnard_statistic == pytest.approx(-2.272595517, rel=1e-9)
    assert found.barnard_p == pytest.approx(0.0247290, rel=1e-3)
    assert found.boschloo_p == pytest.approx(0.0329971, rel=1e-3)


def test_exact__variants_too_large_to_search__is_fishers_alone() -> None:
    found = exact_tests(2, 50_000, 9, 50_000)

    assert found is not None
    assert (found.barnard_statistic, found.barnard_p, found.boschloo_p) == (None, None, None)
    assert found.fisher_p == pytest.approx(0.0654, abs=5e-4)


@pytest.mark.parametrize(
    "table",
    [(2, 40, 9, 40), (0, 12, 5, 9), (7, 7, 1, 30), (300, 2_000, 340, 1_900), (3, 10, 10**6, 10**7)],
)
def test_fisher__tables_of_any_size__agrees_with_scipy(table: tuple[int, int, int, int]) -> None:
    x_a, n_a, x_b, n_b = table
    expected = fisher_exact(np.array([[x_a, x_b], [n_a - x_a, n_b - x_b]])).pvalue

    found = exact_tests(*table)

    assert found is not None
    assert found.fisher_p == pytest.approx(expected, rel=1e-9)


def test_exact__a_million_million_units__is_fishers_at_once_or_none() -> None:
    few = exact_tests(2, 10**12, 9, 10**12)
    many = exact_tests(5 * 10**11, 10**12, 5 * 10**11, 10**12)

    assert few is not None
    assert many is not None
    # So large that both variants are binomial: 11 coins, 2 or fewer heads, or tails.
    assert few.fisher_p == pytest.approx(2 * (1 + 11 + 55) / 2**11, rel=1e-9)
    assert many.fisher_p is None


def test_exact__nobody_succeeded__is_none() -> None:
    assert exact_tests(0, 10, 0, 12) is None


def test_exact__impossible_table__raises() -> None:
    with pytest.raises(InvalidInputError):
        exact_tests(11, 10, 0, 10)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ((2, 40, 7, 40), True),
        ((5, 40, 5, 40), False),
        ((36, 40, 39, 40), True),
        ((0, 0, 0, 0), True),
    ],
)
def test_needs_exact__expected_cell_below_five__is_true(
    table: tuple[int, int, int, int], expected: bool
) -> None:
    assert needs_exact(*table) is expected
