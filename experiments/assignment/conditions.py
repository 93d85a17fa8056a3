"""Eligibility: a condition over attributes, in the published GrowthBook syntax."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

MAX_PATTERN = 200
MAX_SUBJECT = 1_000
MAX_DEPTH = 8
LOGIC = ("$and", "$or", "$nor", "$not")
Condition = Mapping[str, Any]


def matches(condition: Condition, attributes: Mapping[str, Any]) -> bool:
    """Return whether the attributes meet the condition; an empty condition is met by all.

    >>> matches({"country": {"$in": ["DE", "AT"]}}, {"country": "DE"})
    True
    """
    return all(_entry(key, expected, attributes) for key, expected in condition.items())


def _entry(key: str, expected: Any, attributes: Mapping[str, Any]) -> bool:
    match key:
        case "$and":
            return all(matches(part, attributes) for part in expected)
        case "$or":
            return not expected or any(matches(part, attributes) for part in expected)
        case "$nor":
            return bool(expected) and not any(matches(part, attributes) for part in expected)
        case "$not":
            return not matches(expected, attributes)
    return _value_matches(expected, _lookup(attributes, key))


def _lookup(attributes: Any, path: str) -> Any:
    """Return the value at a dotted path, None when it is missing."""
    for step in path.split("."):
        if not isinstance(attributes, Mapping) or step not in attributes:
            return None
        attributes = attributes[step]
    return attributes


def _value_matches(expected: Any, value: Any) -> bool:
    if isinstance(expected, Mapping):
        return all(OPERATORS[name](value, wanted) for name, wanted in expected.items())
    return _same(value, expected)


def _same(value: Any, expected: Any) -> bool:
    """Compare strictly: true is not 1, "5" is not 5."""
    if isinstance(value, bool) or isinstance(expected, bool):
        return value is expected
    if isinstance(value, int | float) and isinstance(expected, int | float):
        return value == expected
    return type(value) is type(expected) and value == expected


def _in(value: Any, expected: Any) -> bool:
    if isinstance(value, list):
        return any(_same(one, other) for one in value for other in expected)
    return any(_same(value, other) for other in expected)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Compare numbers with numbers and texts with texts; anything else is not ordered."""

    def ordered(value: Any, expected: Any) -> bool:
        numbers = all(
            isinstance(x, int | float) and not isinstance(x, bool) for x in (value, expected)
        )
        texts = isinstance(value, str) and isinstance(expected, str)
        return (numbers or texts) and compare(value, expected)

    return ordered


@lru_cache(maxsize=512)
def _pattern(text: str) -> "re.Pattern[str] | None":
    try:
        return re.compile(text) if len(text) <= MAX_PATTERN else None
    except re.error:
        return None


def _regex(value: Any, expected: Any) -> bool:
    pattern = _pattern(expected)
    return (
        isinstance(value, str)
        and len(value) <= MAX_SUBJECT
        and pattern is not None
        and pattern.search(value) is not None
    )


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": _same,
    "$ne": lambda value, expected: not _same(value, expected),
    "$in": _in,
    "$nin": lambda value, expected: not _in(value, expected),
    "$gt": _ordered(lambda a, b: a > b),
    "$gte": _ordered(lambda a, b: a >= b),
    "$lt": _ordered(lambda a, b: a < b),
    "$lte": _ordered(lambda a, b: a <= b),
    "$exists": lambda value, expected: (value is not None) == bool(expected),
    "$regex": _regex,
}


def validate_condition(condition: Any, path: str = "", depth: int = MAX_DEPTH) -> list[str]:
    """Return what is wrong with a condition, each as a sentence; empty when it can be evaluated.

    >>> validate_condition({"country": {"$near": 1}})
    ['country: unknown operator $near']
    """
    if not isinstance(condition, Mapping):
        return [f"{path or 'condition'}: expected an object, got {type(condition).__name__}"]
    if depth == 0:
        return [f"{path}: nested deeper than {MAX_DEPTH} levels"]
    found: list[str] = []
    for key, expected in condition.items():
        found += _validate_entry(key, expected, path, depth)
    return found


def _validate_entry(key: str, expected: Any, path: str, depth: int) -> list[str]:
    where = f"{path}.{key}" if path else key
    if key == "$not":
        return validate_condition(expected, where, depth - 1)
    if key in LOGIC:
        if not isinstance(expected, list):
            return [f"{where}: expected a list"]
        return [
            problem
            for index, part in enumerate(expected)
            for problem in validate_condition(part, f"{where}[{index}]", depth - 1)
        ]
    if key.startswith("$"):
        return [f"{where}: unknown operator {key}"]
    if isinstance(expected, Mapping):
        return [
            problem
            for name, wanted in expected.items()
            for problem in _validate_operator(name, wanted, where)
        ]
    return []


def _validate_operator(name: str, wanted: Any, where: str) -> list[str]:
    if name not in OPERATORS:
        return [f"{where}: unknown operator {name}"]
    if name in {"$in", "$nin"} and not isinstance(wanted, list):
        return [f"{where}: {name} needs a list"]
    if name == "$regex" and (not isinstance(wanted, str) or _pattern(wanted) is None):
        return [f"{where}: $regex needs a valid pattern of at most {MAX_PATTERN} characters"]
    if name in {"$gt", "$gte", "$lt", "$lte"} and (
        isinstance(wanted, bool) or not isinstance(wanted, int | float | str)
    ):
        return [f"{where}: {name} needs a number or a text"]
    return []
