"""What serving needs of the data besides scores, as arrays that go into the artifact."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommenders.base import Kind, State, TrainingData
from recommenders.cold import cold_items
from recommenders.features.items import decayed_popularity
from recommenders.interactions import Dataset


def extras_of(dataset: Dataset) -> State:
    """Return the arrays by name.

    `segment_ids`, `category_ids`: bytes, by index; `category`: of each item, -1 for none;
    `bought.*`: what each unit purchased; `cold.*`: new items and what resembles them; `popular`:
    each item's decayed popularity; `content.*`: each item's terms.
    """
    data = dataset.data
    return {
        "segment_ids": encoded(dataset.segment_ids),
        "category_ids": encoded(dataset.category_ids),
        "category": data.category.astype(np.int64),
        "popular": decayed_popularity(data),
        **bought(data),
        **cold_items(data).state(),
        **{f"content.{part}": getattr(data.content, part) for part in CSR},
    }


CSR = ("indptr", "indices", "data")


def bought(data: TrainingData) -> State:
    """Return each unit's purchased items, ascending, and the days since the last purchase of each.

    `bought.indptr`: (n_units + 1,), where each unit's items begin; `bought.indices`: items;
    `bought.age_days`: at the end of the data.
    """
    rows = np.flatnonzero(data.kind == Kind.PURCHASE)
    rows = rows[np.lexsort((data.age_days[rows], data.item[rows], data.unit[rows]))]
    unit, item = data.unit[rows], data.item[rows]
    latest = (np.diff(unit, prepend=-1) != 0) | (np.diff(item, prepend=-1) != 0)
    counts = np.bincount(unit[latest], minlength=data.n_units)
    return {
        "bought.indptr": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        "bought.indices": item[latest].astype(np.int64),
        "bought.age_days": data.age_days[rows][latest].astype(np.float32),
    }


def encoded(ids: Sequence[str]) -> NDArray[np.bytes_]:
    """Return ids as bytes of one width, which need no unpickling."""
    return np.array([text.encode() for text in ids], np.bytes_) if ids else np.zeros(0, "S1")
