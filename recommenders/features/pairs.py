"""What is known of a unit and an item at a moment: one definition to learn and to serve by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.base import Queries, State, TrainingData
from recommenders.features import items, moments, units
from recommenders.features.items import ItemFacts, item_columns
from recommenders.features.moments import days, moment_columns
from recommenders.features.units import Acts, acts_of, acts_with_recent, affinities, unit_columns
from recommenders.histories import packed, rows_of, unpacked

NAMES = (
    *units.NAMES,
    *moments.NAMES,
    *items.NAMES,
    *("category_affinity", "tier_affinity", "touched"),
)


@dataclass(frozen=True, slots=True)
class Known:
    """What pairs' features are computed of: `history` (n_units, n_items), `acts` and items."""

    history: csr_matrix
    acts: Acts
    facts: ItemFacts

    @classmethod
    def of(cls, data: TrainingData) -> Self:
        """Return what the data tells."""
        return cls(data.matrix, acts_of(data), ItemFacts.of(data))

    def state(self) -> State:
        """Return arrays; what is of single units under the names by which erasure finds it."""
        return packed("history", self.history) | self.facts.state() | {"unit_factors": self.acts}

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]]) -> Self:
        """Return what the state tells."""
        acts = np.asarray(state["unit_factors"])
        return cls(unpacked("history", state), acts, ItemFacts.from_state(state))


def pair_columns(
    known: Known,
    queries: Queries,
    at_us: NDArray[np.int64],
    *,
    row: NDArray[np.int64],
    item: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Return the features `NAMES` of pairs, shape (len(row), len(NAMES)); NaN where unknown.

    `at_us`: the moment of each query; `row`, `item`: for each pair the place of its unit in the
    queries, and its item.
    """
    at_day = days(at_us)
    history = rows_of(known.history, queries)
    acts = acts_with_recent(_acts_of_queries(known.acts, queries), queries.recent, at_day)
    of_rows = np.hstack([unit_columns(acts, at_day), moment_columns(at_us)])
    of_pairs = (
        _affinity(history, known.facts.category, row, item),
        _affinity(history, known.facts.tier, row, item),
        np.log1p(values_at(history, row, item)),
    )
    of_items = item_columns(known.facts, item, at_day[row])
    return np.hstack([of_rows[row], of_items, np.stack(of_pairs, axis=1)]).astype(np.float32)


def values_at(
    matrix: csr_matrix, row: NDArray[np.int64], column: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the matrix's values at these places, shape (len(row),); 0 where nothing is stored."""
    if not len(row):  # scipy answers no places at all by a matrix
        return np.zeros(0, np.float32)
    return np.asarray(matrix[row, column], np.float32).ravel()


def _acts_of_queries(acts: Acts, queries: Queries) -> Acts:
    inside = (queries.units >= 0) & (queries.units < len(acts))
    found = np.zeros((len(queries), acts.shape[1]))
    found[inside] = acts[queries.units[inside]]
    return found


def _affinity(
    history: csr_matrix, groups: NDArray[np.int64], row: NDArray[np.int64], item: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the unit's affinity to the item's group; NaN for an item of none."""
    shares = affinities(history, groups)
    group = groups[item]
    return np.where(group >= 0, shares[row, np.maximum(group, 0)], np.nan).astype(np.float32)
