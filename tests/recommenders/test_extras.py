"""What goes into an artifact besides what was learned."""

import numpy as np

from recommenders.base import Kind
from recommenders.extras import extras_of
from recommenders.features.catalogue import ItemFeatures
from recommenders.interactions import DAY_US, Dataset, Interaction, build_dataset

NOW_US = 100 * DAY_US


def _act(unit_id: str, item_id: str, kind: Kind, days_ago: int, segment: str = "") -> Interaction:
    ts_us = NOW_US - days_ago * DAY_US
    return Interaction(unit_id, item_id, 1.0, ts_us, kind, segment=segment)


def _dataset() -> Dataset:
    items = [
        ItemFeatures("a", "shoes", title="red shoe"),
        ItemFeatures("b", "shoes", title="red boot"),
        ItemFeatures("new", "shoes", title="red slipper"),
    ]
    acts = [
        _act("u1", "b", Kind.PURCHASE, 9),
        _act("u1", "b", Kind.PURCHASE, 4, "country=DE"),
        _act("u1", "a", Kind.PURCHASE, 7),
        _act("u2", "a", Kind.VIEW, 1),
    ]
    return build_dataset(acts, items, now_us=NOW_US)


def test_extras__purchases__are_by_unit_with_the_days_since_the_last() -> None:
    extras = extras_of(_dataset())

    assert extras["bought.indptr"].tolist() == [0, 2, 2]
    assert extras["bought.indices"].tolist() == [0, 1]
    assert extras["bought.age_days"].tolist() == [7, 4]


def test_extras__ids__are_bytes_by_index() -> None:
    extras = extras_of(_dataset())

    assert extras["category_ids"].tolist() == [b"shoes"]
    assert extras["category"].tolist() == [0, 0, 0]
    assert extras["segment_ids"].tolist() == [b"country=DE"]


def test_extras__new_item__comes_with_its_neighbours() -> None:
    extras = extras_of(_dataset())

    assert extras["cold.items"].tolist() == [2]
    assert extras["cold.indices"].tolist() == [0, 1]
    assert extras["popular"][2] == 0


def test_extras__all_of_them__can_be_stored_without_pickle() -> None:
    for dataset in (_dataset(), build_dataset([], [], now_us=NOW_US)):
        for name, array in extras_of(dataset).items():
            assert array.dtype.kind in "iufS", name
            assert array.dtype.kind != "f" or np.isfinite(array).all()
