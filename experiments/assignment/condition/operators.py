"""What one operator of a condition says of one value, where it needs no other condition."""

import operator
from collections.abc import Callable
from typing import Any

from experiments.assignment.condition.versions import version_key
from experiments.assignment.javascript import is_truthy, kind_of, same, sort_keys, text_of
from experiments.assignment.pattern.search import search

Operator = Callable[[Any, Any], bool]


def is_in(value: Any, listed: Any, *, ignore_case: bool = False) -> bool:
    """Return whether the value, or one of a list's values, is listed."""
    values = value if isinstance(value, list) else [value]
    if ignore_case:
        values, listed = [*map(lower, values)], [*map(lower, listed)]
    return any(same(one, other) for one in values for other in listed)


def lower(value: Any) -> Any:
    """Return a text in lower case, anything else as it is."""
    return value.lower() if isinstance(value, str) else value


def _listed(is_wanted: bool, ignore_case: bool = False) -> Operator:
    """Return an operator that no value meets when it is given no list: both clients say so."""

    def listed(value: Any, expected: Any) -> bool:
        is_list = isinstance(expected, list)
        return is_list and is_in(value, expected, ignore_case=ignore_case) is is_wanted

    return listed


def _ordered(compare: Operator) -> Operator:
    return lambda value, expected: compare(*sort_keys(value, expected))


def _version(compare: Operator) -> Operator:
    return lambda value, expected: compare(version_key(value), version_key(expected))


def _pattern(is_wanted: bool, ignore_case: bool = False) -> Operator:
    """Return an operator that searches; JavaScript searches the text of any value, even null's."""

    def searched(value: Any, pattern: Any) -> bool:
        if not isinstance(pattern, str):
            raise TypeError(f"a pattern is a text, not {type(pattern).__name__}")
        return search(pattern, text_of(value), ignore_case=ignore_case) is is_wanted

    return searched


def _not_pattern(ignore_case: bool = False) -> Operator:
    """Return the negation, which only Python's client knows: what is no text is not searched."""
    unmet = _pattern(False, ignore_case)
    return lambda value, pattern: not isinstance(value, str) or unmet(value, pattern)


OPERATORS: dict[str, Operator] = {
    "$eq": same,
    "$ne": lambda value, expected: not same(value, expected),
    "$in": _listed(True),
    "$nin": _listed(False),
    "$ini": _listed(True, ignore_case=True),
    "$nini": _listed(False, ignore_case=True),
    "$gt": _ordered(operator.gt),
    "$gte": _ordered(operator.ge),
    "$lt": _ordered(operator.lt),
    "$lte": _ordered(operator.le),
    "$veq": _version(operator.eq),
    "$vne": _version(operator.ne),
    "$vgt": _version(operator.gt),
    "$vgte": _version(operator.ge),
    "$vlt": _version(operator.lt),
    "$vlte": _version(operator.le),
    "$exists": lambda value, expected: (value is not None) == is_truthy(expected),
    "$type": lambda value, expected: kind_of(value) == expected,
    "$regex": _pattern(True),
    "$regexi": _pattern(True, ignore_case=True),
    "$notRegex": _not_pattern(),
    "$notRegexi": _not_pattern(ignore_case=True),
}
