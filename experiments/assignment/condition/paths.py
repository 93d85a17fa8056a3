"""Paths to attributes, and the names that no client but JavaScript's has everywhere."""

from collections.abc import Mapping
from typing import Any

from experiments.assignment.javascript import is_index

# What every object, and what every list, has in JavaScript.
OBJECT_NAMES = frozenset(
    {"constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString"}
    | {"toString", "valueOf", "__proto__", "__defineGetter__", "__defineSetter__"}
    | {"__lookupGetter__", "__lookupSetter__"}
)
LIST_NAMES = frozenset(
    {"at", "concat", "copyWithin", "entries", "every", "fill", "filter", "find", "findIndex"}
    | {"findLast", "findLastIndex", "flat", "flatMap", "forEach", "includes", "indexOf", "join"}
    | {"keys", "lastIndexOf", "map", "pop", "push", "reduce", "reduceRight", "reverse", "shift"}
    | {"slice", "some", "sort", "splice", "toReversed", "toSorted", "toSpliced", "unshift"}
    | {"values", "with"}
)


def value_at(value: Any, path: str) -> Any:
    """Return the value at a dotted path, None when it is missing; lists have indices and length.

    >>> value_at({"cart": {"items": ["a", "b"]}}, "cart.items.1")
    'b'
    """
    if "." not in path and isinstance(value, dict):
        return value.get(path)  # nearly all of them, on every request
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list):
            value = len(value) if step == "length" else _element(value, step)
        else:
            return None
    return value


def _element(values: list[Any], step: str) -> Any:
    return values[int(step)] if is_index(step) and int(step) < len(values) else None


def path_problem(path: str, *, of_element: bool) -> str:
    """Return what is wrong with a path, "" when nothing is.

    `of_element`: whether the path starts at an element of a list, which may be a list itself.
    """
    steps = path.split(".")
    below = steps if of_element else steps[1:]
    names = [*OBJECT_NAMES.intersection(steps), *LIST_NAMES.intersection(below)]
    if not names:
        return ""
    owner = "object" if names[0] in OBJECT_NAMES else "list"
    return f"every {owner} has {names[0]} in JavaScript; rename the attribute"
