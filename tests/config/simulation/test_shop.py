"""The made-up shop: believable, seeded, as large as asked."""

from datetime import UTC, datetime, timedelta

import numpy as np

from config.simulation.history import HISTORY_DAYS, history_events
from config.simulation.shop import Shop, make_shop, start_before
from config.simulation.words import DEPARTMENTS

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def test_shop__same_seed__same_catalogue_visitors_and_events(shop: Shop) -> None:
    again = make_shop(seed=3, start=MONDAY, n_items=300, n_visitors=1_500, days=14)

    first = list(history_events(shop.scene, shop.history, shop.rng("history")))
    second = list(history_events(again.scene, again.history, again.rng("history")))

    assert list(again.catalogue.rows()) == list(shop.catalogue.rows())
    assert again.visitors.devices == shop.visitors.devices
    assert first == second


def test_shop__other_seed__other_shop(shop: Shop) -> None:
    other = make_shop(seed=4, start=MONDAY, n_items=300, n_visitors=1_500, days=14)

    assert other.catalogue.titles != shop.catalogue.titles
    assert not np.array_equal(other.visitors.taste, shop.visitors.taste)


def test_catalogue__rows__are_complete_and_plausible(shop: Shop) -> None:
    rows = list(shop.catalogue.rows())

    assert len({row["item_id"] for row in rows}) == 300
    assert {row["category"] for row in rows} == {one.name for one in DEPARTMENTS}
    assert all(row["title"] and row["brand"] and row["description"] for row in rows)
    assert all(row["price"] >= 199 for row in rows)
    assert 0 < sum(row["stock"] == 0 for row in rows) < 45


def test_catalogue__prices__have_no_heavy_tail() -> None:
    shop = make_shop(seed=1, start=MONDAY, n_items=4_000, n_visitors=10, days=1)

    spread = np.log(shop.catalogue.price).std()

    assert 0.4 < spread < 0.6
    assert shop.catalogue.price.max() < 12 * np.median(shop.catalogue.price)


def test_visitors__tastes__point_to_their_interests(shop: Shop) -> None:
    visitors, catalogue = shop.visitors, shop.catalogue
    favourite = catalogue.centres[visitors.interests.argmax(axis=1)]

    alike = (visitors.taste * favourite).sum(axis=1)

    assert alike.mean() > 0.6
    np.testing.assert_allclose(visitors.interests.sum(axis=1), 1)
    np.testing.assert_allclose(np.linalg.norm(visitors.taste, axis=1), 1)


def test_visitors__some__are_new_or_have_accounts(shop: Shop) -> None:
    visitors = shop.visitors

    assert 0.18 < visitors.is_new.mean() < 0.26
    assert 0.25 < np.mean([bool(account) for account in visitors.account_ids]) < 0.35


def test_history__new_visitors__have_none(shop: Shop) -> None:
    seen = np.unique(shop.history.visits.visitor)

    assert not shop.visitors.is_new[seen].any()


def test_history__events__lie_before_the_start_and_have_unique_ids(shop: Shop) -> None:
    events = list(history_events(shop.scene, shop.history, shop.rng("history")))
    moments = [event["occurred_at"] for event in events]

    assert min(moments) >= MONDAY - timedelta(days=HISTORY_DAYS)
    assert max(moments) < MONDAY + timedelta(minutes=10)
    assert len({event["event_id"] for event in events}) == len(events)
    assert {event["type"] for event in events} == {
        "view_item_list",
        "select_item",
        "view_item",
        "add_to_cart",
        "purchase",
    }


def test_history__clicks__favour_the_top_of_the_page(shop: Shop) -> None:
    by_rank = shop.history.outcome.clicked.sum(axis=0)

    assert by_rank[0] > 2 * by_rank[-1]


def test_history__visits__have_weekly_and_daily_seasons() -> None:
    shop = make_shop(seed=1, start=MONDAY, n_items=60, n_visitors=5_000, days=1)
    visits, first_weekday = shop.history.visits, shop.history.visits.start.weekday()
    hour = visits.second // 3600 % 24

    seen = np.bincount((visits.second // 86_400 + first_weekday) % 7)
    per_day = seen / np.bincount((np.arange(HISTORY_DAYS) + first_weekday) % 7)

    assert (hour == 20).sum() > 5 * (hour == 4).sum()
    assert per_day.argmax() == 6


def test_history__purchases__sum_their_lines(shop: Shop) -> None:
    events = history_events(shop.scene, shop.history, shop.rng("history"))
    orders = [event for event in events if event["type"] == "purchase"]

    assert orders
    for order in orders:
        lines = sum(line["price"] * line["quantity"] for line in order["items"])
        assert order["value"] == {"amount": lines, "currency": "EUR"}
        assert lines > 0
    assert len({order["order_id"] for order in orders}) == len(orders)


def test_start_before__any_moment__is_a_monday_with_room_for_the_days() -> None:
    for day in range(1, 29):
        moment = datetime(2026, 11, day, 15, 30, tzinfo=UTC)

        start = start_before(moment, 14)

        assert start.weekday() == 0
        assert (start.hour, start.minute, start.second) == (0, 0, 0)
        assert start + timedelta(days=14) <= moment
        assert start > moment - timedelta(days=22)
