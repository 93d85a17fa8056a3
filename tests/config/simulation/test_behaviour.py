"""What visitors do with lists: attention fades, taste and price decide, the rest is unmoved."""

from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from config.simulation.behaviour import NOTHING, Outcome, behave, examination, wish_of
from config.simulation.events import events_of
from config.simulation.shop import Shop


def _everybody(shop: Shop, times: int) -> NDArray[np.int64]:
    return np.tile(np.arange(len(shop.visitors)), times)


def _favourites(shop: Shop, k: int) -> NDArray[np.int64]:
    """Return each visitor's best items, shape (n_visitors, k)."""
    everybody = np.arange(len(shop.visitors))
    everything = np.tile(np.arange(len(shop.catalogue)), (len(shop.visitors), 1))
    wish = wish_of(everything, everybody, shop.visitors, shop.catalogue)
    return np.argsort(-wish, axis=1)[:, :k]


def _act(shop: Shop, lists: NDArray[np.int64], seed: int = 1) -> Outcome:
    visitor = _everybody(shop, len(lists) // len(shop.visitors))
    rng = np.random.default_rng(seed)
    return behave(lists, visitor, shop.visitors, shop.catalogue, rng)


def test_examination__down_the_list__falls_from_one() -> None:
    seen = examination(10)

    assert seen[0] == 1
    assert (np.diff(seen) < 0).all()


def test_behave__same_seed__same_outcome(shop: Shop) -> None:
    lists = _favourites(shop, 10)

    first, second = _act(shop, lists), _act(shop, lists)

    np.testing.assert_array_equal(first.clicked, second.clicked)
    np.testing.assert_array_equal(first.bought, second.bought)


def test_behave__better_lists__are_clicked_more(shop: Shop) -> None:
    rng = np.random.default_rng(0)
    good = np.tile(_favourites(shop, 10), (4, 1))
    poor = rng.integers(0, len(shop.catalogue), good.shape)

    assert _act(shop, good).clicked.sum() > 2 * _act(shop, poor).clicked.sum()


def test_behave__another_list__leaves_what_happens_beside_it_alone(shop: Shop) -> None:
    lists = _favourites(shop, 10)

    one, other = _act(shop, lists), _act(shop, lists[:, ::-1])

    np.testing.assert_array_equal(one.organic_item, other.organic_item)
    np.testing.assert_array_equal(one.organic_bought, other.organic_bought)


def test_behave__nothing_at_a_rank__is_never_clicked(shop: Shop) -> None:
    lists = np.tile(_favourites(shop, 10), (4, 1))
    lists[:, 3:] = NOTHING

    outcome = _act(shop, lists)

    assert outcome.clicked[:, :3].any()
    assert not outcome.clicked[:, 3:].any()


def test_behave__each_step__is_a_subset_of_the_one_before(shop: Shop) -> None:
    outcome = _act(shop, np.tile(_favourites(shop, 10), (4, 1)))

    assert outcome.bought.any()
    assert not (outcome.carted & ~outcome.clicked).any()
    assert not ((outcome.bought > 0) & ~outcome.carted).any()


def test_wish__dearer_item__is_wanted_less(shop: Shop) -> None:
    catalogue, visitor = shop.catalogue, np.array([0, 1, 2])
    lists = np.zeros((3, 1), np.int64)
    dearer = np.where(np.arange(len(catalogue)) == 0, 10 * catalogue.price, catalogue.price)

    before = wish_of(lists, visitor, shop.visitors, catalogue)
    after = wish_of(lists, visitor, shop.visitors, replace(catalogue, price=dearer))

    assert (after < before).all()


def test_events__of_traffic__quote_the_request_only_for_what_came_from_the_list(
    shop: Shop,
) -> None:
    rng = np.random.default_rng(5)
    visits = shop.plan(rng)
    lists = _favourites(shop, 10)[visits.visitor]
    outcome = behave(lists, visits.visitor, shop.visitors, shop.catalogue, rng)
    requests = [f"request-{index}" for index in range(len(visits))]

    events = list(events_of(shop.scene, visits, outcome, rng, request_ids=requests))

    clicks = [event for event in events if event["type"] == "select_item"]
    orders = [event for event in events if event["type"] == "purchase"]
    assert len(clicks) == outcome.clicked.sum()
    assert all("request_id" in event and event["rank"] >= 1 for event in clicks)
    assert len(orders) == (outcome.bought.any(axis=1).sum() + (outcome.organic_bought > 0).sum())
    quoted = sum(event["value"]["amount"] for event in orders if "request_id" in event)
    others = sum(event["value"]["amount"] for event in orders if "request_id" not in event)
    assert quoted == outcome.list_revenue(shop.catalogue.price).sum()
    assert others == outcome.organic_revenue(shop.catalogue.price).sum()


def test_events__of_one_visit__share_the_unit_and_fit_into_six_minutes(shop: Shop) -> None:
    rng = np.random.default_rng(5)
    visits = shop.plan(rng)
    lists = _favourites(shop, 10)[visits.visitor]
    outcome = behave(lists, visits.visitor, shop.visitors, shop.catalogue, rng)

    moments: dict[str, list[datetime]] = {}
    units: dict[str, set[str]] = {}
    for event in events_of(shop.scene, visits, outcome, rng):
        moments.setdefault(event["session_id"], []).append(event["occurred_at"])
        units.setdefault(event["session_id"], set()).add(event["unit"]["visitor_id"])

    assert all((max(ones) - min(ones)).total_seconds() <= 360 for ones in moments.values())
    assert all(len(ones) == 1 for ones in units.values())
