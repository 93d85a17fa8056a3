"""Deeds of the past as visits."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from config.replay.visits import Deed, Visit, group_visits, shares

START = datetime(2011, 10, 1, 9, 0, tzinfo=UTC)


def deed(number: int, minute: int = 0, **fields: Any) -> Deed:
    values = {"type": "purchase", "visitor_id": "v-1", "amount": 100, **fields}
    return Deed(event_id=UUID(int=number), at=START + timedelta(minutes=minute), **values)


def numbers(visits: tuple[Visit, ...]) -> list[list[int]]:
    return [[one.event_id.int for one in visit.deeds] for visit in visits]


def test_group_visits__rows_of_an_order__are_one_visit() -> None:
    found = group_visits(
        [deed(1, order_id="a"), deed(2, order_id="b", visitor_id="v-2"), deed(3, order_id="a")]
    )

    assert numbers(found.visits) == [[1, 3], [2]]


def test_group_visits__session__counts_before_the_order() -> None:
    found = group_visits(
        [deed(1, session_id="s", order_id="a"), deed(2, 90, session_id="s", order_id="b")]
    )

    assert numbers(found.visits) == [[1, 2]]


def test_group_visits__same_session_id_of_two_visitors__are_two() -> None:
    found = group_visits([deed(1, session_id="s"), deed(2, session_id="s", visitor_id="v-2")])

    assert numbers(found.visits) == [[1], [2]]


def test_group_visits__neither__parts_at_half_an_hour_of_silence() -> None:
    found = group_visits([deed(1), deed(2, 30), deed(3, 61), deed(4, 62, visitor_id="v-2")])

    assert numbers(found.visits) == [[1, 2], [3], [4]]


def test_group_visits__what_cannot_be_sent__is_counted_by_reason() -> None:
    found = group_visits(
        [
            deed(1, type="stock_adjustment", visitor_id="", amount=None),
            deed(2, amount=None),
            deed(3, type="view_item", amount=None),
            deed(4, visitor_id="", account_id="a-1"),
        ]
    )

    assert numbers(found.visits) == [[3], [4]]
    assert found.left_out == {
        "stock_adjustment without a visitor": 1,
        "purchase without an amount": 1,
    }


def test_asks__only_a_return_of_goods__needs_no_list() -> None:
    assert not Visit([deed(1, type="refund")]).asks
    assert Visit([deed(1, type="refund"), deed(2)]).asks


def test_shares__several_threads__keep_a_visitor_together_and_in_order() -> None:
    deeds = [deed(n, 60 * n, visitor_id=f"v-{n % 7}") for n in range(70)]
    visits = group_visits(deeds).visits

    parts = shares(visits, 3)

    homes = {visit.deeds[0].unit: index for index, part in enumerate(parts) for visit in part}
    assert sum(map(len, parts)) == 70
    for index, part in enumerate(parts):
        assert all(homes[visit.deeds[0].unit] == index for visit in part)
        assert [visit.at for visit in part] == sorted(visit.at for visit in part)
