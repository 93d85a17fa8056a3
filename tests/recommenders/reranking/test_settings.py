"""What a variant may say of its re-ranking, and how it is told what it may not."""

from typing import Any

import pytest

from recommenders.errors import SettingsError
from recommenders.reranking.settings import (
    PLAIN,
    Diversity,
    Exploration,
    NewItems,
    Rerank,
    checked_rerank,
)


def test_settings__of_every_step__are_read() -> None:
    found = checked_rerank(
        {
            "markets": False,
            "blocklist": ["sku-1"],
            "bought_days": 30,
            "caps": {"category": 3, "brand": 2},
            "diversity": {"by": "content", "strength": 0.4},
            "exploration": {"kind": "epsilon", "share": 0.2, "among": 20},
            "new_items": {"share": 0.1, "days": 7},
        }
    )

    assert found == Rerank(
        markets=False,
        blocked=frozenset({"sku-1"}),
        bought_days=30,
        category_cap=3,
        brand_cap=2,
        diversity=Diversity(0.4, "content"),
        exploration=Exploration("epsilon", among=20, share=0.2),
        new_items=NewItems(0.1, 7),
    )
    assert found.is_random
    assert found.has_steps


def test_settings__none_given__change_nothing() -> None:
    assert checked_rerank({}) == PLAIN
    assert not PLAIN.has_steps


@pytest.mark.parametrize(
    ("given", "field", "told"),
    [
        ([], "rerank", "must be an object"),
        ({"cap": 3}, "rerank.cap", "unknown setting rerank.cap"),
        ({"caps": {"colour": 3}}, "rerank.caps.colour", "unknown setting rerank.caps.colour"),
        ({"caps": {"brand": 0}}, "rerank.caps.brand", "a whole number from 1 to 100; it is 0"),
        ({"caps": {"brand": True}}, "rerank.caps.brand", "it is True"),
        ({"markets": "DE"}, "rerank.markets", "true or false; it is 'DE'"),
        ({"blocklist": "sku-1"}, "rerank.blocklist", "a list of at most 1000 item ids"),
        ({"blocklist": [1]}, "rerank.blocklist", "item ids"),
        ({"bought_days": -1}, "rerank.bought_days", "a whole number from 0"),
        ({"diversity": {"strength": 2}}, "rerank.diversity.strength", "a number from 0 to 1"),
        ({"diversity": {"by": "price"}}, "rerank.diversity.by", "one of category, content"),
        ({"exploration": {"kind": "ucb"}}, "rerank.exploration.kind", "one of softmax, epsilon"),
        (
            {"exploration": {"temperature": float("nan")}},
            "rerank.exploration.temperature",
            "a number from 0.01 to 100",
        ),
        (
            {"exploration": {"kind": "epsilon", "temperature": 1}},
            "rerank.exploration.temperature",
            "is a setting of softmax, and the kind is epsilon",
        ),
        ({"new_items": {"share": 0.6}}, "rerank.new_items.share", "a number from 0 to 0.5"),
    ],
)
def test_settings__that_cannot_be__are_named(given: Any, field: str, told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        checked_rerank(given)

    assert caught.value.field == field
    assert told in str(caught.value)


def test_refusal__of_a_long_value__stays_short() -> None:
    with pytest.raises(SettingsError) as caught:
        checked_rerank({"markets": "x" * 10_000})

    assert len(str(caught.value)) < 200
