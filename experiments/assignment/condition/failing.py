"""The first part of a condition that attributes do not meet, for whoever asks why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from experiments.assignment.condition.matching import matches
from experiments.assignment.condition.paths import value_at

LONGEST = 200  # characters of a part or a value in a sentence


@dataclass(frozen=True, slots=True)
class Failing:
    """A part that is not met; `path`, `found`: the attribute it looks at, None for logic."""

    part: dict[str, Any]
    path: str | None
    found: Any

    @property
    def detail(self) -> str:
        """Return the failure in a sentence."""
        part = f"{self.part}"[:LONGEST]
        if self.path is None:
            return f"not met: {part}"
        return f"not met: {part}; {self.path} is {self.found!r}"[: 2 * LONGEST]


def first_failing(condition: Mapping[str, Any], attributes: Mapping[str, Any]) -> Failing | None:
    """Return the first part that is not met, as small as it can be named; None when all are met.

    Parts of `$and` are looked into; `$or`, `$nor` and `$not` fail as a whole.

    >>> first_failing({"country": {"$eq": "DE"}, "age": {"$gte": 18}}, {"country": "DE", "age": 7})
    Failing(part={'age': {'$gte': 18}}, path='age', found=7)
    """
    if matches(condition, attributes):
        return None
    for key, wanted in condition.items():
        if not matches({key: wanted}, attributes):
            return _smallest(key, wanted, attributes)
    return Failing(dict(condition), None, None)


def _smallest(key: str, wanted: Any, attributes: Mapping[str, Any]) -> Failing:
    if key == "$and" and isinstance(wanted, list):
        parts = (first_failing(part, attributes) for part in wanted if isinstance(part, Mapping))
        inner = next((found for found in parts if found is not None), None)
        return inner or Failing({key: wanted}, None, None)
    if key.startswith("$"):
        return Failing({key: wanted}, None, None)
    return Failing(
        {key: _failing_operator(key, wanted, attributes)}, key, value_at(attributes, key)
    )


def _failing_operator(key: str, wanted: Any, attributes: Mapping[str, Any]) -> Any:
    """Return the one operator that is not met, or all where none fails alone."""
    if isinstance(wanted, Mapping):
        for name, operand in wanted.items():
            if name.startswith("$") and not matches({key: {name: operand}}, attributes):
                return {name: operand}
    return wanted
