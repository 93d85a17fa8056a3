"""Eligibility: a condition over attributes, in GrowthBook's syntax and with JavaScript's meaning.

What is stored is the normal form (`condition.normal`), on which all clients agree. What is given
here otherwise means what the JavaScript client makes of it: its published cases are tests.
"""

from collections.abc import Callable, Mapping
from typing import Any

from experiments.assignment.condition.normal import validate_condition
from experiments.assignment.condition.operators import OPERATORS, is_in, lower
from experiments.assignment.condition.paths import value_at
from experiments.assignment.javascript import (
    document_of,
    is_number,
    is_truthy,
    number_of,
    same,
    text_of,
)

__all__ = ["Condition", "Groups", "matches", "validate_condition"]

Condition = Mapping[str, Any]
Groups = Mapping[str, Any]  # saved lists of values, by id


def matches(
    condition: Condition, attributes: Mapping[str, Any], groups: Groups | None = None
) -> bool:
    """Return whether the attributes meet the condition; an empty condition is met by all.

    One that cannot be evaluated admits nobody and never raises: it may have been stored by other
    means than ours, and `$not` around it must not turn a mistake into a match.

    >>> matches({"country": {"$in": ["DE", "AT"]}}, {"country": "DE"})
    True
    """
    try:
        return _Evaluation(groups or {}).meets(condition, attributes)
    except (TypeError, ValueError, AttributeError, KeyError, RecursionError):
        return False


class _Evaluation:
    """One evaluation: the operators that hold conditions of their own, and the saved groups."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    def meets(self, condition: Condition, attributes: Any) -> bool:
        for key, wanted in condition.items():  # noqa: SIM110 - a loop is twice as fast
            if not self._entry(key, wanted, attributes):
                return False
        return True

    def _entry(self, key: str, wanted: Any, attributes: Any) -> bool:
        match key:
            case "$and":
                return all(self.meets(part, attributes) for part in _list(wanted))
            case "$or":
                return self._any(wanted, attributes)
            case "$nor":
                return not self._any(wanted, attributes)
            case "$not":
                return not self.meets(wanted, attributes)
        return self.value_meets(wanted, value_at(attributes, key))

    def _any(self, parts: Any, attributes: Any) -> bool:
        """Return whether one part is met; no part at all is met, as both clients have it."""
        return not _list(parts) or any(self.meets(part, attributes) for part in parts)

    def value_meets(self, wanted: Any, value: Any) -> bool:
        """Return whether a value meets operators, or equals a literal as loosely as JavaScript."""
        if not is_operators(wanted):
            return _equals(wanted, value)
        for name, each in wanted.items():  # noqa: SIM110 - as above
            if not self._operator(name, value, each):
                return False
        return True

    def _operator(self, name: str, value: Any, wanted: Any) -> bool:
        if plain := OPERATORS.get(name):
            return plain(value, wanted)
        return NESTED[name](self, value, wanted)

    def not_met(self, value: Any, wanted: Any) -> bool:
        return not self.value_meets(wanted, value)

    def has_size(self, value: Any, wanted: Any) -> bool:
        return isinstance(value, list) and self.value_meets(wanted, len(value))

    def has_element(self, value: Any, wanted: Any) -> bool:
        check = self.value_meets if is_operators(wanted) else self.meets
        return isinstance(value, list) and any(
            check(wanted, element) for element in value if element is not None
        )

    def has_all(self, value: Any, wanted: Any) -> bool:
        if not isinstance(value, list) or not isinstance(wanted, list):
            return False
        return all(any(self.value_meets(each, one) for one in value) for each in wanted)

    def has_all_in_any_case(self, value: Any, wanted: Any) -> bool:
        if not isinstance(value, list) or not isinstance(wanted, list):
            return False
        return all(any(self._is_in_any_case(each, one) for one in value) for each in wanted)

    def _is_in_any_case(self, wanted: Any, value: Any) -> bool:
        if isinstance(wanted, str):
            return bool(lower(wanted) == lower(text_of(value)))
        return self.value_meets(wanted, value)

    def is_in_group(self, value: Any, name: Any) -> bool:
        """Return whether a value is in a saved group; a group that is missing is empty."""
        return is_in(value, _list(self._groups.get(name, [])))

    def is_outside_group(self, value: Any, name: Any) -> bool:
        return not self.is_in_group(value, name)


NESTED: dict[str, Callable[[_Evaluation, Any, Any], bool]] = {
    "$not": _Evaluation.not_met,
    "$size": _Evaluation.has_size,
    "$elemMatch": _Evaluation.has_element,
    "$all": _Evaluation.has_all,
    "$alli": _Evaluation.has_all_in_any_case,
    "$inGroup": _Evaluation.is_in_group,
    "$notInGroup": _Evaluation.is_outside_group,
}


def _equals(wanted: Any, value: Any) -> bool:
    """Compare with a literal: the value is turned into the literal's kind, except for null."""
    if wanted is None:
        return value is None
    if isinstance(wanted, str):
        return text_of(value) == wanted
    if isinstance(wanted, bool):
        return value is not None and is_truthy(value) is wanted
    if is_number(wanted):
        return same(number_of(value), wanted)
    return document_of(value) == document_of(wanted)


def is_operators(wanted: Any) -> bool:
    """Return whether an object holds operators and nothing else; an empty one holds none."""
    if not isinstance(wanted, Mapping):
        return False
    for key in wanted:
        if key[:1] != "$":
            return False
    return bool(wanted)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {type(value).__name__}")
    return value
