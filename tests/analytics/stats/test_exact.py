"""Exact tests of small tables."""

import pytest

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
