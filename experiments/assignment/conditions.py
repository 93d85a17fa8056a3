"""Eligibility: a condition over attributes, in GrowthBook's syntax as far as all clients agree.

Values are compared strictly: true is not 1, "5" is not 5, a missing attribute is null.
"""

from collections.abc import Callable, Mapping
from typing import Any

from experiments.assignment.patterns import PatternError, compile_pattern, search

MAX_DEPTH = 8
MAX_LIST = 1_000  # entries of one list: every request walks it
LOGIC = ("$and", "$or", "$nor", "$not")
ORDERINGS = ("$gt", "$gte", "$lt", "$lte")
Condition = Mapping[str, Any]


def matches(condition: Condition, attributes: Mapping[str, Any]) -> bool:
    """Return whether the attributes meet the condition; an empty condition is met by all.

    One that cannot be evaluated admits nobody and never raises: it may have been stored by other
    means than ours, and `$not` around it must not turn a mistake into a match.

    >>> matches({"country": {"$in": ["DE", "AT"]}}, {"country": "DE"})
    True
    """
    try:
        return _matches(condition, attributes)
    except (TypeError, AttributeError, KeyError, PatternError, RecursionError):
        return False


def _matches(condition: Condition, attributes: Mapping[str, Any]) -> bool:
    return all(_entry(key, expected, attributes) for key, expected in condition.items())


def _entry(key: str, expected: Any, attributes: Mapping[str, Any]) -> bool:
    match key:
        case "$and":
            return all(_matches(part, attributes) for part in _list(expected))
        case "$or":
            return _any(expected, attributes)
        case "$nor":
            return not _any(expected, attributes)
        case "$not":
            return not _matches(expected, attributes)
    return _value_matches(expected, _lookup(attributes, key))


def _any(parts: Any, attributes: Mapping[str, Any]) -> bool:
    """Return whether one part is met; no part at all is met, as both clients have it."""
    return not _list(parts) or any(_matches(part, attributes) for part in parts)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {type(value).__name__}")
    return value


def _lookup(value: Any, path: str) -> Any:
    """Return the value at a dotted path, None when it is missing; lists have indices and length."""
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list):
            value = len(value) if step == "length" else _element(value, step)
        else:
            return None
    return value


def _element(values: list[Any], step: str) -> Any:
    """Return an element by its index in plain digits, "0" but not "00"; None when there is none."""
    is_index = len(step) <= 10 and step.isascii() and step.isdigit() and str(int(step)) == step
    return values[int(step)] if is_index and int(step) < len(values) else None


def _value_matches(expected: Any, value: Any) -> bool:
    if isinstance(expected, Mapping):
        return all(OPERATORS[name](value, wanted) for name, wanted in expected.items())
    if isinstance(expected, list):
        return _same_list(value, expected)
    return _same(value, expected)


def _same(value: Any, expected: Any) -> bool:
    """Compare single values strictly; lists and objects are the same as nothing."""
    if isinstance(value, bool) or isinstance(expected, bool):
        return value is expected
    if _is_number(value) and _is_number(expected):
        return bool(value == expected)
    is_single = value is None or isinstance(value, str)
    return is_single and type(value) is type(expected) and value == expected


def _same_list(value: Any, expected: list[Any]) -> bool:
    return (
        isinstance(value, list)
        and len(value) == len(expected)
        and all(_same(one, other) for one, other in zip(value, expected, strict=True))
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _in(value: Any, expected: Any) -> bool:
    """Return whether the value, or one of a list's values, is listed."""
    values = value if isinstance(value, list) else [value]
    return any(_same(one, other) for one in values for other in expected)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Compare numbers with numbers and texts with texts; anything else is not ordered."""

    def ordered(value: Any, expected: Any) -> bool:
        if isinstance(value, str) and isinstance(expected, str):
            return compare(_utf16(value), _utf16(expected))
        return _is_number(value) and _is_number(expected) and compare(value, expected)

    return ordered


def _utf16(text: str) -> bytes:
    """Return what orders texts as JavaScript does: emoji stand below the last basic characters."""
    return text.encode("utf-16-be", "surrogatepass")


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": _same,
    "$ne": lambda value, expected: not _same(value, expected),
    # Without a list neither is met: both clients say so.
    "$in": lambda value, expected: isinstance(expected, list) and _in(value, expected),
    "$nin": lambda value, expected: isinstance(expected, list) and not _in(value, expected),
    "$gt": _ordered(lambda a, b: a > b),
    "$gte": _ordered(lambda a, b: a >= b),
    "$lt": _ordered(lambda a, b: a < b),
    "$lte": _ordered(lambda a, b: a <= b),
    "$exists": lambda value, expected: (value is not None) == bool(expected),
    "$regex": lambda value, expected: isinstance(value, str) and search(expected, value),
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
        return _validate_parts(expected, where, depth)
    if key.startswith("$"):
        return [f"{where}: unknown operator {key}"]
    if isinstance(expected, Mapping):
        return _validate_operators(expected, where)
    return _validate_literal(expected, where)


def _validate_parts(parts: Any, where: str, depth: int) -> list[str]:
    if not isinstance(parts, list):
        return [f"{where}: expected a list"]
    if len(parts) > MAX_LIST:
        return [f"{where}: more than {MAX_LIST} entries"]
    return [
        problem
        for index, part in enumerate(parts)
        for problem in validate_condition(part, f"{where}[{index}]", depth - 1)
    ]


def _validate_operators(expected: Mapping[str, Any], where: str) -> list[str]:
    if not expected:
        return [f"{where}: an empty object; leave the attribute out"]
    if fields := [name for name in expected if not name.startswith("$")]:
        return [f"{where}: objects are not compared; write a path such as {where}.{fields[0]}"]
    found = [_operator_problem(name, wanted) for name, wanted in expected.items()]
    return [f"{where}: {problem}" for problem in found if problem]


def _operator_problem(name: str, wanted: Any) -> str:
    """Return what is wrong with an operator and its value, "" when nothing is."""
    if name not in OPERATORS:
        return f"unknown operator {name}"
    if name in {"$in", "$nin"}:
        return (
            ""
            if isinstance(wanted, list) and _is_plain(wanted)
            else (f"{name} needs a list of at most {MAX_LIST} texts, numbers, true, false or null")
        )
    if name in ORDERINGS and not _is_number(wanted) and not isinstance(wanted, str):
        return f"{name} needs a number or a text"
    if name == "$exists" and not isinstance(wanted, bool):
        return "$exists needs true or false"
    if name == "$regex":
        return _pattern_problem(wanted)
    if isinstance(wanted, list | Mapping):
        return f"{name} needs a single value"
    return ""


def _pattern_problem(wanted: Any) -> str:
    if not isinstance(wanted, str):
        return "$regex needs a text"
    try:
        compile_pattern(wanted)
    except PatternError as error:
        return f"$regex cannot use this pattern: {error}"
    return ""


def _is_plain(values: list[Any]) -> bool:
    return len(values) <= MAX_LIST and not any(isinstance(v, list | Mapping) for v in values)


def _validate_literal(expected: Any, where: str) -> list[str]:
    if isinstance(expected, list) and not _is_plain(expected):
        return [f"{where}: a list of at most {MAX_LIST} texts, numbers, true, false or null"]
    return []
