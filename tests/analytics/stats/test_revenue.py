"""Revenue per unit in its parts."""

import math

import pytest

from analytics.errors import InvalidInputError
from analytics.stats.revenue import lift_parts, revenue_parts

A = revenue_parts(n=1000, buyers=40, orders=50, revenue=300_000)
B = revenue_parts(n=900, buyers=45, orders=50, revenue=250_000)


def test_revenue_parts__sums__multiply_to_revenue_per_unit() -> None:
    assert A.conversion == 0.04
    assert (A.conversion or 0) * (A.orders_per_buyer or 0) * (A.order_value or 0) == pytest.approx(
        A.revenue_per_unit
    )


def test_lift_parts__two_variants__add_up_to_the_whole() -> None:
    found = lift_parts(A, B)

    assert found is not None
    parts = found.conversion + found.orders_per_buyer + found.order_value
    assert parts == pytest.approx(found.revenue_per_unit)
    assert math.expm1(found.revenue_per_unit) == pytest.approx(250_000 / 900 / 300 - 1)


def test_revenue_parts__nobody_bought__has_no_order_value() -> None:
    none = revenue_parts(n=10, buyers=0, orders=0, revenue=0)

    assert (none.conversion, none.order_value, none.orders_per_buyer) == (0.0, None, None)
    assert lift_parts(A, none) is None


def test_revenue_parts__no_units__are_all_none() -> None:
    found = revenue_parts(n=0, buyers=0, orders=0, revenue=0)

    assert (found.conversion, found.revenue_per_unit) == (None, None)


@pytest.mark.parametrize(
    "sums",
    [
        {"n": 10, "buyers": 11, "orders": 11},
        {"n": 10, "buyers": -1, "orders": 0},
        {"n": 10, "buyers": 3, "orders": 2},
        {"n": 10, "buyers": 0, "orders": 2},
    ],
)
def test_revenue_parts__impossible_sums__raise(sums: dict[str, int]) -> None:
    with pytest.raises(InvalidInputError):
        revenue_parts(**sums, revenue=0)
