"""From interactions and a split to what a recommender learns from and the questions it is put.

Units are judged in groups, for a recommender that knows a unit well has another task than one that
must answer a stranger:

- hot: it did something with FEW items or more before the cut;
- warm: with at least one, but fewer;
- cold: with none; it is judged on everything it did in the window, and asked about as a stranger;
- arrived: again those strangers, after the first thing they did in the window. They bring that
  act along, as a request does, and are judged on the rest. Only in splits by time.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from itertools import compress

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from recommenders.base import Kind, Queries, TrainingData
from recommenders.errors import EvaluationError
from recommenders.evaluation.splits import Split
from recommenders.features.catalogue import ItemFeatures
from recommenders.interactions import Dataset, Interaction, build_dataset

FEW = 5  # different items; with fewer, neighbours and factors rest on next to nothing


class Group(IntEnum):
    """What was known of a unit when it was asked about."""

    HOT = 0
    WARM = 1
    COLD = 2
    ARRIVED = 3


@dataclass(frozen=True)
class Log:
    """Interactions in the order they happened to be stored, and the items they may name."""

    rows: Sequence[Interaction]
    items: Sequence[ItemFeatures]

    @classmethod
    def of(cls, rows: Sequence[Interaction], items: Iterable[ItemFeatures]) -> "Log":
        """Return the log in which no item is younger than the first interaction with it.

        Catalogues are often imported long after what happened with their items.
        """
        first: dict[str, int] = {}
        for row in rows:
            first[row.item_id] = min(row.ts_us, first.get(row.item_id, row.ts_us))
        return cls(rows, [_aged(item, first.get(item.item_id)) for item in items])

    @cached_property
    def unit(self) -> NDArray[np.int64]:
        """Return the index of each row's unit, in the order of their ids."""
        ids = np.array([row.unit_id for row in self.rows])
        return np.unique(ids, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def ts_us(self) -> NDArray[np.int64]:
        """Return the moment of each row."""
        return np.array([row.ts_us for row in self.rows], np.int64)


@dataclass(frozen=True)
class Fold:
    """What is learned from, and one row for each question: who is asked about, what was wanted.

    `units`: indexes in the data, -1 for a stranger. `identity`: the same number for the same unit
    in every fold. `wanted`, `recent`: (n, n_items). `seen`: what was touched before, (n, n_items);
    `hides_seen`: whether that may not be listed. `unreachable`: interactions of the window whose
    item did not exist at the cut.
    """

    data: TrainingData
    units: NDArray[np.int64]
    identity: NDArray[np.int64]
    group: NDArray[np.int8]
    segments: NDArray[np.int64]
    wanted: csr_matrix
    recent: csr_matrix
    seen: csr_matrix
    hides_seen: bool
    unreachable: int = 0

    def __len__(self) -> int:
        return len(self.units)

    def queries(self, rows: slice) -> Queries:
        """Return the questions of these rows."""
        recent = self.recent[rows]
        return Queries(
            units=self.units[rows],
            recent=recent if recent.nnz else None,
            segments=self.segments[rows] if (self.segments[rows] >= 0).any() else None,
            at_us=self.data.until_us,
        )

    def where(self, mask: NDArray[np.bool_]) -> "Fold":
        """Return the fold with only these questions."""
        return replace(
            self,
            units=self.units[mask],
            identity=self.identity[mask],
            group=self.group[mask],
            segments=self.segments[mask],
            wanted=self.wanted[mask],
            recent=self.recent[mask],
            seen=self.seen[mask],
        )


def _aged(item: ItemFeatures, touched_us: int | None) -> ItemFeatures:
    known = [moment for moment in (item.added_us, touched_us) if moment is not None]
    return replace(item, added_us=min(known, default=None))


def fold_of(log: Log, split: Split, *, remove_seen: bool = True, kind: Kind | None = None) -> Fold:
    """Return the fold of a split.

    `remove_seen`: what a unit did something with before is neither listed nor counted as wanted.
    `kind`: only such interactions count as wanted; all when left out. Raises EvaluationError when
    nobody is left who wanted anything.
    """
    items = [item for item in log.items if _existed(item, split)]
    dataset = build_dataset(compress(log.rows, split.train), items, now_us=split.cut_us)
    tested = _Tested(dataset)
    for place in np.flatnonzero(split.test).tolist():
        row = log.rows[place]
        if kind is None or row.kind == kind:
            tested.take(row, int(log.unit[place]))
    fold = tested.fold()
    if split.is_temporal:
        fold = _joined(fold, tested.arrived(fold))
    return _answerable(replace(fold, hides_seen=remove_seen))


def _existed(item: ItemFeatures, split: Split) -> bool:
    return item.added_us is None or item.added_us < split.cut_us


class _Tested:
    """What each unit did in the window, first things first."""

    def __init__(self, dataset: Dataset) -> None:
        self.data = dataset.data
        self.units = {unit_id: index for index, unit_id in enumerate(dataset.unit_ids)}
        self.items = {item_id: index for index, item_id in enumerate(dataset.item_ids)}
        self.segment_ids = {text: index for index, text in enumerate(dataset.segment_ids)}
        self.acts: dict[str, list[tuple[int, int, float]]] = defaultdict(list)
        self.identity: dict[str, int] = {}
        self.segments: dict[str, int] = {}
        self.unreachable = 0

    def take(self, row: Interaction, identity: int) -> None:
        place = self.items.get(row.item_id)
        if place is None:
            self.unreachable += 1
            return
        self.identity[row.unit_id] = identity
        self.acts[row.unit_id].append((row.ts_us, place, row.weight))
        if row.segment:
            self.segments.setdefault(row.unit_id, self.segment_ids.get(row.segment, -1))

    def fold(self) -> Fold:
        """Return everybody, asked about at the cut."""
        ids = list(self.acts)
        units = np.array([self.units.get(unit_id, -1) for unit_id in ids], np.int64)
        shape = (len(ids), self.data.n_items)
        known = _rows_of(self.data.matrix, units)
        return Fold(
            data=self.data,
            units=units,
            identity=np.array([self.identity[unit_id] for unit_id in ids], np.int64),
            group=_groups(np.diff(known.indptr)),
            segments=np.array([self.segments.get(unit_id, -1) for unit_id in ids], np.int64),
            wanted=_matrix([{item for _, item, _ in self.acts[each]} for each in ids], shape),
            recent=_matrix([set() for _ in ids], shape),
            seen=known,
            hides_seen=True,
            unreachable=self.unreachable,
        )

    def arrived(self, fold: Fold) -> Fold:
        """Return the strangers after their first act, who went on to something else."""
        ids = list(self.acts)
        rows = np.flatnonzero(fold.group == Group.COLD)
        acts = [sorted(self.acts[ids[row]], key=lambda act: act[0]) for row in rows]
        shape = (len(rows), self.data.n_items)
        first = np.array([act[0][1] for act in acts], np.int64)
        weights = np.array([act[0][2] for act in acts], np.float32)
        strangers = fold.where(fold.group == Group.COLD)
        return replace(
            strangers,
            group=np.full(len(rows), Group.ARRIVED, np.int8),
            wanted=_matrix([{item for _, item, _ in act[1:]} for act in acts], shape),
            recent=csr_matrix((weights, (np.arange(len(rows)), first)), shape=shape),
            seen=csr_matrix(
                (np.ones(len(rows), np.float32), (np.arange(len(rows)), first)), shape=shape
            ),
        )


def _groups(n_known: NDArray[np.int32]) -> NDArray[np.int8]:
    named = [Group.HOT, Group.WARM]
    return np.select([n_known >= FEW, n_known > 0], named, Group.COLD).astype(np.int8)


def _matrix(rows: Iterable[set[int]], shape: tuple[int, int]) -> csr_matrix:
    found = [sorted(row) for row in rows]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in found], dtype=np.int64)])
    indices = np.array([item for row in found for item in row], np.int64)
    return csr_matrix((np.ones(len(indices), np.float32), indices, indptr), shape=shape)


def _rows_of(matrix: csr_matrix, units: NDArray[np.int64]) -> csr_matrix:
    """Return each unit's row, an empty one for a stranger."""
    known = np.flatnonzero(units >= 0)
    places = (np.ones(len(known), np.float32), (known, units[known]))
    picked: csr_matrix = csr_matrix(places, shape=(len(units), matrix.shape[0])) @ matrix
    picked.sort_indices()
    return picked


def _joined(one: Fold, other: Fold) -> Fold:
    return replace(
        one,
        units=np.concatenate([one.units, other.units]),
        identity=np.concatenate([one.identity, other.identity]),
        group=np.concatenate([one.group, other.group]),
        segments=np.concatenate([one.segments, other.segments]),
        wanted=_below(one.wanted, other.wanted),
        recent=_below(one.recent, other.recent),
        seen=_below(one.seen, other.seen),
    )


def _below(one: csr_matrix, other: csr_matrix) -> csr_matrix:
    joined: csr_matrix = vstack([one, other]).tocsr()
    return joined


def _answerable(fold: Fold) -> Fold:
    """Return the questions to which there is an answer that may be listed."""
    if fold.hides_seen:
        new = csr_matrix(fold.wanted.astype(np.bool_) > fold.seen.astype(np.bool_))
        new.eliminate_zeros()
        fold = replace(fold, wanted=new.astype(np.float32))
    answerable = fold.where(np.diff(fold.wanted.indptr) > 0)
    if not len(answerable):
        raise EvaluationError(
            "nobody did anything in the window that could have been foretold",
            hint="Take a longer window, or keep what was seen.",
        )
    return answerable
