"""From events to arrays: id maps, weights by kind of event, visits, what is known of items."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommenders.base import Kind, TrainingData
from recommenders.features.catalogue import (
    ItemFeatures,
    indexed,
    item_feature_matrix,
    one_hot,
    prices_of,
)
from recommenders.features.content import content_matrix

# How much an event says about taste; what is absent here says nothing.
EVENT_WEIGHTS = {
    "select_item": 1.0,
    "view_item": 1.0,
    "add_to_wishlist": 2.0,
    "add_to_cart": 3.0,
    "purchase": 5.0,
    "review": 2.0,
}
EVENT_KINDS = {
    "select_item": Kind.VIEW,
    "view_item": Kind.VIEW,
    "add_to_wishlist": Kind.WISH,
    "add_to_cart": Kind.CART,
    "purchase": Kind.PURCHASE,
}
DAY_US = 86_400_000_000
PAUSE_US = 30 * 60 * 1_000_000  # ends a visit; the customary half hour of web analytics


class Interaction(NamedTuple):
    """A unit did something with an item. A tuple: training streams millions of them.

    `amount`: minor units paid for the item. `segment`: what is known of the unit since, such as
    "country=DE"; "" for nothing.
    """

    unit_id: str
    item_id: str
    weight: float
    ts_us: int
    kind: int = Kind.OTHER
    session_id: str = ""
    amount: float = 0
    segment: str = ""


@dataclass(frozen=True)
class Dataset:
    """Training data with the ids behind its indexes, each sorted."""

    data: TrainingData
    unit_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    category_ids: tuple[str, ...] = ()
    segment_ids: tuple[str, ...] = ()


def build_dataset(
    interactions: Iterable[Interaction], items: Sequence[ItemFeatures], *, now_us: int
) -> Dataset:
    """Return the data of all items and of every unit that touched one; other items are left out."""
    items = sorted(items, key=lambda item: item.item_id)
    log = _Log({item.item_id: index for index, item in enumerate(items)})
    log.take(interactions)
    unit_ids, unit = log.units.in_order(log.unit)
    segment_ids, segment = log.segments.in_order(log.segment)
    categories, category_ids = indexed([item.category for item in items])
    of_units = last_known(unit, segment, log.times, n_units=len(unit_ids))
    data = TrainingData(
        n_units=len(unit_ids),
        n_items=len(items),
        unit=unit,
        item=np.array(log.item, np.int64),
        weight=np.array(log.weight, np.float32),
        age_days=_ages_days(log.times, now_us),
        kind=np.array(log.kind, np.int8),
        session=visits(unit, log.times, np.array(log.session, np.int64)),
        amount=np.array(log.amount, np.float32),
        features=item_feature_matrix(items),
        content=content_matrix(items),
        category=categories,
        price=prices_of(items),
        item_age_days=_item_ages_days(items, now_us),
        unit_features=one_hot(of_units, len(segment_ids)),
        segment=of_units,
        until_us=now_us,
    )
    item_ids = tuple(item.item_id for item in items)
    return Dataset(data, unit_ids, item_ids, category_ids, segment_ids)


class _Ids(dict[str, int]):
    """Ids in the order of first appearance; -1 stands for the empty one."""

    def code(self, text: str) -> int:
        return self.setdefault(text, len(self)) if text else -1

    def in_order(self, codes: "array[int]") -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """Return the ids by their bytes, as a search in the artifact wants them, and indexes."""
        ids = tuple(sorted(self, key=str.encode))
        places = np.full(len(ids) + 1, -1)
        places[[self[text] for text in ids]] = np.arange(len(ids))
        return ids, places[np.array(codes, np.int64)]


class _Log:
    """Interactions in columns, as they arrive: what a row costs is its numbers."""

    def __init__(self, item_places: dict[str, int]) -> None:
        self.item_places = item_places
        self.units, self.sessions, self.segments = _Ids(), _Ids(), _Ids()
        self.unit, self.item, self.session, self.segment = (array("q") for _ in range(4))
        self.ts_us, self.kind = array("q"), array("b")
        self.weight, self.amount = array("f"), array("f")

    def take(self, interactions: Iterable[Interaction]) -> None:
        for row in interactions:
            place = self.item_places.get(row.item_id)
            if place is not None:
                self._add(row, place)

    def _add(self, row: Interaction, place: int) -> None:
        self.item.append(place)
        self.unit.append(self.units.code(row.unit_id))
        self.session.append(self.sessions.code(row.session_id))
        self.segment.append(self.segments.code(row.segment))
        self.ts_us.append(row.ts_us)
        self.kind.append(row.kind)
        self.weight.append(row.weight)
        self.amount.append(row.amount)

    @property
    def times(self) -> NDArray[np.int64]:
        return np.array(self.ts_us, np.int64)


def visits(
    unit: NDArray[np.int64], ts_us: NDArray[np.int64], given: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the index of each interaction's visit, 0 … n - 1.

    `given`: the session that was sent, -1 for none: then a pause of more than half an hour of the
    unit ends its visit.
    """
    order = np.lexsort((ts_us, unit, given))
    of_unit, of_given = np.diff(unit[order], prepend=-1), np.diff(given[order], prepend=-2)
    paused = (given[order] < 0) & (np.diff(ts_us[order], prepend=0) > PAUSE_US)
    found = np.empty(len(order), np.int64)
    found[order] = np.cumsum((of_unit != 0) | (of_given != 0) | paused) - 1
    return found


def last_known(
    unit: NDArray[np.int64], value: NDArray[np.int64], ts_us: NDArray[np.int64], *, n_units: int
) -> NDArray[np.int64]:
    """Return each unit's latest value, shape (n_units,); -1 where it never had one."""
    told = np.flatnonzero(value >= 0)
    told = told[np.argsort(ts_us[told], kind="stable")]
    latest = np.full(n_units, -1)
    latest[unit[told]] = value[told]  # of a unit's several values the last one stays
    return latest


def _ages_days(times: NDArray[np.int64], now_us: int) -> NDArray[np.float32]:
    return (np.maximum(now_us - times, 0) / DAY_US).astype(np.float32)


def _item_ages_days(items: Sequence[ItemFeatures], now_us: int) -> NDArray[np.float32]:
    """Return the days since each item was added; one of unknown age counts as new."""
    added = [now_us if item.added_us is None else item.added_us for item in items]
    return _ages_days(np.array(added, np.int64), now_us)
