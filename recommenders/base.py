"""The whole plug-in contract; ranking and filtering happen outside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommenders.errors import SettingsError

Settings = Mapping[str, Any]
State = dict[str, NDArray[Any]]
Scores = NDArray[np.float32]


class Capability(StrEnum):
    """What a recommender can do beyond scoring known units and known items."""

    PERSONAL = "personal"  # lists differ between units
    COLD_UNITS = "cold_units"  # answers for a unit it never saw
    COLD_ITEMS = "cold_items"  # scores items without interactions by their features


@dataclass(frozen=True)
class TrainingData:
    """Interactions as parallel arrays of one length, and the items' features.

    `unit`, `item`: indexes; `weight`: strength of the interaction; `age_days`: before the end of
    the data; `features`: (n_items, n_features), one row per item.
    """

    n_units: int
    n_items: int
    unit: NDArray[np.int64]
    item: NDArray[np.int64]
    weight: NDArray[np.float32]
    age_days: NDArray[np.float32]
    features: csr_matrix

    @cached_property
    def matrix(self) -> csr_matrix:
        """Return the summed weights, shape (n_units, n_items)."""
        shape = (self.n_units, self.n_items)
        summed = csr_matrix((self.weight, (self.unit, self.item)), shape=shape, dtype=np.float32)
        summed.sum_duplicates()
        return summed

    def where(self, mask: NDArray[np.bool_]) -> "TrainingData":
        """Return the data with only these interactions."""
        return TrainingData(
            self.n_units,
            self.n_items,
            self.unit[mask],
            self.item[mask],
            self.weight[mask],
            self.age_days[mask],
            self.features,
        )


@dataclass(frozen=True, slots=True)
class Queries:
    """Whose lists are wanted: indexes of units, -1 for one that training did not see."""

    units: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.units)


class Recommender(Protocol):
    """Scores items for units. Sees arrays only: no ids, no database, no clock."""

    can: ClassVar[frozenset[Capability]]
    defaults: ClassVar[Settings]

    def __init__(self, settings: Settings) -> None:
        """Take settings that `checked_settings` has completed."""

    def fit(self, data: TrainingData, *, rng: np.random.Generator) -> Self:
        """Learn from the interactions and return itself."""

    def score(self, queries: Queries) -> Scores:
        """Return scores, shape (len(queries), n_items); NaN where none can be given."""

    def state(self) -> State:
        """Return what the artifact stores: arrays only."""

    @classmethod
    def from_state(cls, state: Mapping[str, NDArray[Any]], settings: Settings) -> Self:
        """Return a recommender that scores as the one whose state this is."""


def checked_settings(given: Settings, defaults: Settings) -> dict[str, Any]:
    """Return the defaults overlaid by what was given; raises SettingsError that names the setting.

    >>> checked_settings({"half_life_days": 7}, {"half_life_days": 14.0})
    {'half_life_days': 7.0}
    """
    if unknown := sorted(set(given) - set(defaults)):
        raise SettingsError(
            f"unknown setting {unknown[0]!r}",
            field=f"settings.{unknown[0]}",
            hint=f"Known settings: {', '.join(sorted(defaults))}.",
        )
    return {
        name: _checked(name, given.get(name, default), default)
        for name, default in defaults.items()
    }


def _checked(name: str, value: Any, default: Any) -> Any:
    """Return the value in the default's type; numbers must be positive and finite."""
    problem = SettingsError(
        f"{name} must be like {default!r}; it is {value!r}", field=f"settings.{name}"
    )
    if (
        isinstance(default, float)
        and isinstance(value, int | float)
        and not isinstance(value, bool)
    ):
        if not 0 <= value < 1e9:
            raise problem
        return float(value)
    if type(value) is not type(default) or (isinstance(value, int) and not 0 <= value < 10**6):
        raise problem
    return value
