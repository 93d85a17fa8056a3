"""The recommenders beneath a hybrid: named in its settings, fitted and heard together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommenders.base import (
    Queries,
    Recommender,
    Scores,
    Settings,
    State,
    TrainingData,
    checked_settings,
)
from recommenders.errors import SettingsError
from recommenders.registry import available, fitted_class, make, names
from recommenders.telling import part

HYBRIDS = ("hybrid", "stacking")  # of which none may stand beneath another
BLOCK_CELLS = 1_000_000  # units x items held at one time, so that memory stays bounded


@dataclass(frozen=True)
class Bases:
    """Recommenders by name with the settings of each; `fitted`: in the same order, once they are.

    `names`, `settings`: as chosen; raises SettingsError when a name is not registered, is that of
    a hybrid, or there is none, and when a setting is none of the base's.
    """

    names: Sequence[str]
    settings: Mapping[str, Settings]
    fitted: Sequence[Recommender] = field(default=())

    @classmethod
    def chosen(cls, text: str, settings: Mapping[str, Any]) -> "Bases":
        """Return the bases of a comma-separated text, each once."""
        found = base_names(text)
        if foreign := sorted(set(settings) - set(found)):
            raise SettingsError(
                f"base_settings names {foreign[0]!r}, which is no base here",
                field="settings.base_settings",
                hint=f"Bases: {', '.join(found)}.",
            )
        return cls(found, {name: _settings_of(name, settings.get(name, {})) for name in found})

    def fit(self, data: TrainingData, rng: np.random.Generator) -> "Bases":
        """Return them fitted, without those that cannot learn here; SettingsError when none can."""
        here = available()
        usable = [name for name in self.names if name in here]
        if not usable:
            raise SettingsError(
                f"no base of {', '.join(self.names)} can run here", field="settings.bases"
            )
        fitted = []
        for index, name in enumerate(usable):
            with part(index, len(usable)):
                fitted.append(make(name, self.settings[name]).fit(data, rng=rng))
        return replace(self, names=usable, fitted=fitted)

    def scores(self, queries: Queries) -> list[Scores]:
        """Return what each says of the queries, (len(queries), n_items); NaN where it has none."""
        return [base.score(queries) for base in self.fitted]

    def state(self) -> State:
        """Return every base's arrays under its own name."""
        arrays: State = {}
        for name, base in zip(self.names, self.fitted, strict=True):
            arrays |= {f"{name}.{key}": value for key, value in base.state().items()}
        return arrays

    def restored(self, state: Mapping[str, NDArray[Any]]) -> "Bases":
        """Return the bases whose arrays are in the state, able to score."""
        present = [name for name in self.names if any(key.startswith(f"{name}.") for key in state)]
        fitted = [
            fitted_class(name).from_state(_own(name, state), self.settings[name])
            for name in present
        ]
        return replace(self, names=present, fitted=fitted)


def base_names(text: str) -> list[str]:
    """Return the names in a comma-separated text, each once.

    Raises SettingsError when one is not registered, is a hybrid itself, or there is none.
    """
    found = list(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    allowed = [name for name in names() if name not in HYBRIDS]
    wrong = [name for name in found if name not in allowed]
    if wrong or not found:
        raise SettingsError(
            f"unknown base {wrong[0]!r}" if wrong else "bases names no recommender",
            field="settings.bases",
            hint=f"Known bases: {', '.join(allowed)}.",
        )
    return found


def _settings_of(name: str, given: Any) -> Settings:
    """Return a base's settings, complete; raises SettingsError that names the base."""
    try:
        if not isinstance(given, Mapping):
            raise SettingsError(f"settings must be an object; they are {given!r}")
        complete = checked_settings(given, fitted_class(name).defaults)
        fitted_class(name)(complete)  # refuses what lies out of bounds
    except SettingsError as error:
        raise SettingsError(
            f"{name}: {error}", field="settings.base_settings", hint=error.hint
        ) from error
    return complete


def _own(name: str, state: Mapping[str, NDArray[Any]]) -> State:
    prefix = f"{name}."
    return {key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)}


def blocks(queries: Queries, n_items: int) -> Iterator[tuple[slice, Queries]]:
    """Yield the queries in pieces that fit into memory, each with its place."""
    size = max(BLOCK_CELLS // max(n_items, 1), 1)
    for start in range(0, len(queries), size):
        place = slice(start, start + size)
        yield place, part_of(queries, place)


def part_of(queries: Queries, place: slice) -> Queries:
    """Return some of the queries."""
    return replace(
        queries,
        units=queries.units[place],
        recent=None if queries.recent is None else queries.recent[place],
        segments=None if queries.segments is None else queries.segments[place],
    )
