"""The full-size shop with the real recommenders: its planted effects can be found."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from analytics.stats.moments import Moments
from analytics.stats.ratios import ratio_estimate
from analytics.stats.results import Estimate
from config.simulation.events import Event
from config.simulation.history import history_events
from config.simulation.shop import LIST_LENGTH, Shop, make_shop
from config.simulation.truth import UnitSums, draw_sums
from experiments.clock import microseconds
from recommenders.base import Queries
from recommenders.features.catalogue import ItemFeatures
from recommenders.interactions import (
    EVENT_WEIGHTS,
    Dataset,
    Interaction,
    build_dataset,
)
from recommenders.registry import make, missing

CONTROL = "popularity"
UNITS_PER_VARIANT = 4_000
SEED = 1


@pytest.fixture(scope="module")
def full_size() -> Shop:
    """Return the demonstration's shop; nothing here changes it."""
    start = datetime(2026, 11, 2, tzinfo=UTC)
    return make_shop(seed=SEED, start=start, n_items=2_000, n_visitors=15_000, days=14)


def _interactions(events: Iterator[Event]) -> Iterator[Interaction]:
    for event in events:
        if event["type"] in EVENT_WEIGHTS:
            lines = event.get("items", [event])
            for line in lines:
                yield Interaction(
                    event["unit"]["visitor_id"],
                    line["item_id"],
                    EVENT_WEIGHTS[event["type"]],
                    microseconds(event["occurred_at"]),
                )


def _dataset(shop: Shop) -> Dataset:
    features = [
        ItemFeatures(row["item_id"], row["category"], row["brand"], row["price"])
        for row in shop.catalogue.rows()
    ]
    events = history_events(shop.scene, shop.history, shop.rng("history"))
    return build_dataset(_interactions(events), features, now_us=microseconds(shop.start))


def _lists(shop: Shop, dataset: Dataset, name: str) -> NDArray[np.int64]:
    """Return everybody's list as serving ranks it; whom the algorithm cannot serve gets control."""
    place = {unit_id: index for index, unit_id in enumerate(dataset.unit_ids)}
    units = np.array([place.get(unit_id, -1) for unit_id in shop.visitors.visitor_ids])
    scores = _scores(dataset, name, units)
    unserved = ~np.isfinite(scores).any(axis=1)
    scores[unserved] = _scores(dataset, CONTROL, units)[unserved]
    scores[:, shop.catalogue.stock == 0] = -np.inf
    return np.argsort(-scores, axis=1, kind="stable")[:, :LIST_LENGTH]


def _scores(dataset: Dataset, name: str, units: NDArray[np.int64]) -> NDArray[np.float32]:
    fitted = make(name, {}).fit(dataset.data, rng=np.random.default_rng(SEED))
    return np.array(fitted.score(Queries(units)))


def _estimate(metric: str, drawn: list[UnitSums]) -> Estimate:
    """Return the metric over all replicates, its variance that of one variant's units."""
    pairs = {
        "ctr": ("clicked_slates", "slates"),
        "revenue_per_unit": ("revenue", None),
        "aov": ("revenue", "orders"),
    }[metric]
    top = np.concatenate([getattr(sums, pairs[0]) for sums in drawn])
    under = (
        np.concatenate([getattr(sums, pairs[1]) for sums in drawn])
        if pairs[1]
        else np.ones_like(top)
    )
    pooled = ratio_estimate(Moments.from_values(top.tolist(), under.tolist()))
    assert pooled.variance is not None
    return Estimate(UNITS_PER_VARIANT, pooled.value, pooled.variance * len(top) / UNITS_PER_VARIANT)


def _power(control: Estimate, treatment: Estimate) -> float:
    assert control.value is not None
    assert treatment.value is not None
    error = np.sqrt((control.variance or 0) + (treatment.variance or 0))
    return float(norm.cdf(abs(treatment.value - control.value) / error - norm.ppf(0.975)))


@pytest.mark.slow
@pytest.mark.skipif(missing("lightfm") is not None, reason="LightFM is not installed")
def test_planted_effects__full_size_shop__are_found_nine_times_in_ten(full_size: Shop) -> None:
    shop = full_size
    dataset = _dataset(shop)
    names = (CONTROL, "lightfm", "hybrid")
    lists = {name: _lists(shop, dataset, name) for name in names}

    drawn = draw_sums(shop, lists, replicates=3)

    exposed = [len(sums.slates) for sums in drawn[CONTROL]]
    assert min(exposed) >= 3 * UNITS_PER_VARIANT
    assert min(sums.slates.sum() for sums in drawn[CONTROL]) >= 50_000
    for metric in ("ctr", "revenue_per_unit"):
        for name in names[1:]:
            power = _power(_estimate(metric, drawn[CONTROL]), _estimate(metric, drawn[name]))
            assert power >= 0.9, f"{metric} {name} {power:.3f}"


@pytest.mark.slow
def test_history__full_size_shop__holds_two_hundred_thousand_events(full_size: Shop) -> None:
    events = history_events(full_size.scene, full_size.history, full_size.rng("history"))

    count = sum(1 for _ in events)

    assert count >= 200_000
