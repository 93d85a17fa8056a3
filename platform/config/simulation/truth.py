"""The known truth: every visitor is served every variant, with fresh luck; no event is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.simulation.behaviour import Outcome, behave
from config.simulation.catalogue import Catalogue
from config.simulation.shop import WINDOW_DAYS, Shop
from config.simulation.visits import DAY_S, Visits

# Each variant meets this many times the traffic of the whole experiment.
REPLICATES = 10
METRICS = ("ctr", "conversion", "revenue_per_unit", "aov")

# The lists of these visitors (indexes) under a variant: item indexes, shape (n_visitors, k).
Serve = Callable[[NDArray[np.int64], str], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class UnitSums:
    """What the report sums for each exposed unit, arrays of one length; money in minor units."""

    slates: NDArray[np.int64]
    clicked_slates: NDArray[np.int64]
    orders: NDArray[np.int64]
    revenue: NDArray[np.int64]

    def values(self) -> dict[str, float]:
        """Return each metric as the report defines it; NaN where nothing was bought."""
        orders = int(self.orders.sum())
        revenue = float(self.revenue.sum())
        return {
            "ctr": float(self.clicked_slates.sum() / self.slates.sum()),
            "conversion": float((self.orders > 0).mean()),
            "revenue_per_unit": revenue / len(self.revenue),
            "aov": revenue / orders if orders else float("nan"),
        }


@dataclass(frozen=True, slots=True)
class TrueValue:
    """A metric of one variant: its value, its lift over control, the lift's simulation error.

    `lift` and `lift_error` are None for control.
    """

    metric: str
    variant: str
    value: float
    lift: float | None
    lift_error: float | None


def unit_sums(visits: Visits, outcome: Outcome, catalogue: Catalogue, n_visitors: int) -> UnitSums:
    """Return the sums per visitor with a visit; events beyond its window are left out."""
    kept = in_window(visits, n_visitors)
    visitor = visits.visitor[kept]
    orders = [
        outcome.list_revenue(catalogue.price)[kept],
        outcome.organic_revenue(catalogue.price)[kept],
    ]
    slates = _summed(visitor, np.ones(len(visitor)), n_visitors)
    exposed = slates > 0
    return UnitSums(
        slates=slates[exposed],
        clicked_slates=_summed(visitor, outcome.clicked[kept].any(axis=1), n_visitors)[exposed],
        orders=_summed(visitor, sum(amount > 0 for amount in orders), n_visitors)[exposed],
        revenue=_summed(visitor, sum(orders), n_visitors)[exposed],
    )


def in_window(visits: Visits, n_visitors: int) -> NDArray[np.bool_]:
    """Return which visits begin within the window that a visitor's first visit opens."""
    first = np.full(n_visitors, np.iinfo(np.int64).max)
    np.minimum.at(first, visits.visitor, visits.second)
    since: NDArray[np.int64] = visits.second - first[visits.visitor]
    return since < WINDOW_DAYS * DAY_S


def _summed(visitor: NDArray[np.int64], values: object, n_visitors: int) -> NDArray[np.int64]:
    """Return exact integer sums per visitor: these stay far below 2**53."""
    weights = np.asarray(values, np.float64)
    return np.bincount(visitor, weights=weights, minlength=n_visitors).astype(np.int64)


def simulate(
    shop: Shop, lists: NDArray[np.int64], rng: np.random.Generator
) -> tuple[Visits, Outcome]:
    """Return fresh visits and what comes of them when everybody gets its row of `lists`."""
    visits = shop.plan(rng)
    shown = lists[visits.visitor]
    return visits, behave(shown, visits.visitor, shop.visitors, shop.catalogue, rng)


def draw_sums(
    shop: Shop, lists: Mapping[str, NDArray[np.int64]], replicates: int
) -> dict[str, list[UnitSums]]:
    """Return each variant's sums in each replicate.

    The variants of a replicate share visits and luck, so that their difference is nearly all due
    to the lists.
    """
    return {
        variant: [
            unit_sums(
                *simulate(shop, shown, shop.rng(f"truth {replicate}")),
                shop.catalogue,
                len(shop.visitors),
            )
            for replicate in range(replicates)
        ]
        for variant, shown in lists.items()
    }


def find_truth(
    shop: Shop, variants: Sequence[str], serve: Serve, *, replicates: int = REPLICATES
) -> list[TrueValue]:
    """Return every metric of every variant, control (the first) included.

    `serve` is asked once for each variant: a visitor's list stays the same while an experiment
    runs. The error of a lift is that of the mean of the replicates' lifts.
    """
    everybody = np.arange(len(shop.visitors))
    lists = {variant: serve(everybody, variant) for variant in variants}
    drawn = {
        variant: [sums.values() for sums in replicate]
        for variant, replicate in draw_sums(shop, lists, replicates).items()
    }
    return [
        _true_value(metric, variant, drawn[variants[0]], drawn[variant], variant == variants[0])
        for metric in METRICS
        for variant in variants
    ]


def _true_value(
    metric: str,
    variant: str,
    control: Sequence[Mapping[str, float]],
    treatment: Sequence[Mapping[str, float]],
    is_control: bool,
) -> TrueValue:
    value = float(np.mean([values[metric] for values in treatment]))
    if is_control:
        return TrueValue(metric, variant, value, None, None)
    lifts = [
        mine[metric] / theirs[metric] - 1 for mine, theirs in zip(treatment, control, strict=True)
    ]
    base = float(np.mean([values[metric] for values in control]))
    error = float(np.std(lifts, ddof=1) / np.sqrt(len(lifts))) if len(lifts) > 1 else None
    return TrueValue(metric, variant, value, value / base - 1, error)
