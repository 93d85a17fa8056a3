"""The whole plug-in contract; ranking and filtering happen outside it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

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
    RECENT = "recent"  # what a unit did since training changes its scores, also a new unit's
    SEGMENTS = "segments"  # scores differ between segments of units
    CONTEXT = "context"  # scores differ with the time of the request
    PARTIAL = "partial"  # learns on from an earlier state by `fit_partial`


class Kind(IntEnum):
    """What an interaction was, weakest first."""

    OTHER = 0
    VIEW = 1
    WISH = 2
    CART = 3
    PURCHASE = 4


@dataclass(frozen=True)
class TrainingData:
    """Interactions as parallel arrays of one length, and what is known of items and units.

    Of an interaction: `unit`, `item`: indexes; `weight`: its strength; `age_days`: before the end
    of the data; `kind`: a `Kind`; `session`: index of the visit it belongs to; `amount`: minor
    units paid, 0 where nothing was. Of an item: `features`: (n_items, n_features); `content`:
    (n_items, n_terms), rows of length 1 or 0, from its text; `category`: index, -1 for none;
    `price`: minor units, NaN where unknown; `item_age_days`: since it was added. Of a unit:
    `unit_features`: (n_units, n_features); `segment`: index, -1 for none. `until_us`: the end of
    the data, microseconds since 1970. What is left out is filled with nothing known.
    """

    n_units: int
    n_items: int
    unit: NDArray[np.int64]
    item: NDArray[np.int64]
    weight: NDArray[np.float32]
    age_days: NDArray[np.float32]
    features: csr_matrix
    kind: NDArray[np.int8] = None  # type: ignore[assignment]  # filled below
    session: NDArray[np.int64] = None  # type: ignore[assignment]
    amount: NDArray[np.float32] = None  # type: ignore[assignment]
    content: csr_matrix = None  # type: ignore[assignment]
    category: NDArray[np.int64] = None  # type: ignore[assignment]
    price: NDArray[np.float32] = None  # type: ignore[assignment]
    item_age_days: NDArray[np.float32] = None  # type: ignore[assignment]
    unit_features: csr_matrix = None  # type: ignore[assignment]
    segment: NDArray[np.int64] = None  # type: ignore[assignment]
    until_us: int = 0

    def __post_init__(self) -> None:
        n = len(self.item)
        filled: dict[str, Any] = {
            "kind": np.zeros(n, np.int8),
            "session": np.arange(n),
            "amount": np.zeros(n, np.float32),
            "content": csr_matrix(np.zeros((self.n_items, 0), np.float32)),
            "category": np.full(self.n_items, -1),
            "price": np.full(self.n_items, np.nan, np.float32),
            "item_age_days": np.zeros(self.n_items, np.float32),
            "unit_features": csr_matrix(np.zeros((self.n_units, 0), np.float32)),
            "segment": np.full(self.n_units, -1),
        }
        for name, value in filled.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)

    @cached_property
    def matrix(self) -> csr_matrix:
        """Return the summed weights, shape (n_units, n_items)."""
        shape = (self.n_units, self.n_items)
        summed = csr_matrix((self.weight, (self.unit, self.item)), shape=shape, dtype=np.float32)
        summed.sum_duplicates()
        return summed

    def where(self, mask: NDArray[np.bool_]) -> "TrainingData":
        """Return the data with only these interactions."""
        parts = ("unit", "item", "weight", "age_days", "kind", "session", "amount")
        return replace(self, **{name: getattr(self, name)[mask] for name in parts})


@dataclass(frozen=True, slots=True)
class Queries:
    """Whose lists are wanted, and what is known of them at this moment.

    `units`: indexes, -1 for one that training did not see. `recent`: what each did since training,
    (len(units), n_items), larger weights for what is newer; None for nothing. `segments`: index of
    each one's segment, -1 for none; None for none of all. `at_us`: the time of the request.
    """

    units: NDArray[np.int64]
    recent: csr_matrix | None = None
    segments: NDArray[np.int64] | None = None
    at_us: int = 0

    def __len__(self) -> int:
        return len(self.units)


@runtime_checkable
class Resumable(Protocol):
    """A recommender that declares PARTIAL: it learns on from the state of an earlier fit."""

    def fit_partial(
        self,
        data: TrainingData,
        *,
        previous: Mapping[str, NDArray[Any]],
        units: NDArray[np.int64],
        items: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> Self:
        """Learn from the data, beginning where `previous` ended, and return itself.

        `units`, `items`: for each index of the data the index in `previous`, -1 for a new one.
        """


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
