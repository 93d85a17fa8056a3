"""Revenue per unit in its parts, so that order value is never read alone."""

import math
from dataclasses import dataclass

from analytics.errors import InvalidInputError
from analytics.stats.results import Plain


@dataclass(frozen=True, slots=True)
class RevenueParts(Plain):
    """Revenue per unit = conversion × orders per buyer × order value; None over nothing.

    Order value counts buyers only, whom the treatment can change: revenue per unit decides.
    """

    n: int
    conversion: float | None
    orders_per_buyer: float | None
    order_value: float | None
    revenue_per_unit: float | None


@dataclass(frozen=True, slots=True)
class LiftParts(Plain):
    """ln(1 + lift) of revenue per unit and of its parts, which add up to it."""

    conversion: float
    orders_per_buyer: float
    order_value: float
    revenue_per_unit: float


def revenue_parts(*, n: int, buyers: int, orders: int, revenue: int) -> RevenueParts:
    """Return the parts from the sums of one variant; revenue in minor units.

    Raises InvalidInputError unless 0 ≤ buyers ≤ n, buyers ≤ orders, and no buyer means
    no order.

    >>> parts = revenue_parts(n=1000, buyers=40, orders=50, revenue=300_000)
    >>> (parts.conversion, parts.orders_per_buyer, parts.order_value, parts.revenue_per_unit)
    (0.04, 1.25, 6000.0, 300.0)
    """
    if not (0 <= buyers <= n and buyers <= orders and (buyers or not orders)):
        raise InvalidInputError(f"not sums of one variant: {n} units, {buyers} buyers, {orders}")
    return RevenueParts(
        n=n,
        conversion=buyers / n if n else None,
        orders_per_buyer=orders / buyers if buyers else None,
        order_value=revenue / orders if orders else None,
        revenue_per_unit=revenue / n if n else None,
    )


def lift_parts(control: RevenueParts, treatment: RevenueParts) -> LiftParts | None:
    """Return how much of the change each part makes, in logs; None unless all are positive."""
    names = ("conversion", "orders_per_buyer", "order_value", "revenue_per_unit")
    pairs = [(getattr(control, name), getattr(treatment, name)) for name in names]
    if not all(a is not None and b is not None and a > 0 and b > 0 for a, b in pairs):
        return None
    return LiftParts(*(math.log(b) - math.log(a) for a, b in pairs))
