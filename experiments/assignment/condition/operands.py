"""The normal form of one operator and its value, where that holds no other condition."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from experiments.assignment.javascript import is_number
from experiments.assignment.pattern.syntax import PatternError
from experiments.assignment.pattern.text import normal_pattern

MAX_LIST = 1_000  # entries of one list: every request walks it
MAX_NUMBER = 2**53 - 1  # the last whole number that JavaScript tells from its neighbours
TYPES = ("string", "number", "boolean", "null", "array", "object")
SINGLES = f"a list of at most {MAX_LIST} texts, numbers, true, false or null"
Entries = dict[str, Any]


class OperandError(ValueError):
    """A value that its operator cannot take; the message says why."""


def normal_operator(name: str, value: Any) -> Entries:
    """Return the operators that say the same to every client; raises OperandError.

    >>> normal_operator("$gt", 5)
    {'$type': 'number', '$gt': 5}
    """
    if name == "$alli":
        raise OperandError("$alli differs between clients; join several $ini by $and")
    if name not in WRITERS:
        raise OperandError(f"unknown operator {name}")
    return WRITERS[name](name, value)


def check_single(value: Any) -> Any:
    """Return a text, number, boolean or null; raises OperandError on a number too large."""
    if not is_number(value) or abs(value) <= MAX_NUMBER:
        return value
    if math.isinf(value) or math.isnan(value):
        raise OperandError(f"{value} is not a number that JSON knows")
    raise OperandError(f"JavaScript is exact up to {MAX_NUMBER} only; write a text")


def check_list(values: Any, reason: str = SINGLES) -> list[Any]:
    """Return a list of single values; raises OperandError with the reason."""
    is_list = isinstance(values, list) and len(values) <= MAX_LIST
    if not is_list or any(isinstance(each, list | Mapping) for each in values):
        raise OperandError(reason)
    return [check_single(each) for each in values]


def _single(name: str, value: Any) -> Entries:
    if isinstance(value, list | Mapping):
        raise OperandError(f"{name} needs a single value")
    return {name: check_single(value)}


def _listed(name: str, value: Any) -> Entries:
    return {name: check_list(value, f"{name} needs {SINGLES}")}


def _ordering(name: str, value: Any) -> Entries:
    if not is_number(value) and not isinstance(value, str):
        raise OperandError(f"{name} needs a number or a text")
    kind = "string" if isinstance(value, str) else "number"
    return {"$type": kind, name: check_single(value)}


def _version(name: str, value: Any) -> Entries:
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise OperandError(f'{name} needs a version such as "1.4.0", in ASCII')
    return {"$type": "string", name: value}


def _pattern(name: str, value: Any) -> Entries:
    if not isinstance(value, str):
        raise OperandError(f"{name} needs a text")
    try:
        pattern = normal_pattern(value, ignore_case=name == "$regexi")
    except PatternError as error:
        raise OperandError(f"{name} cannot use this pattern: {error}") from None
    return {"$type": "string", "$regex": pattern}


def _exists(name: str, value: Any) -> Entries:
    if not isinstance(value, bool):
        raise OperandError(f"{name} needs true or false")
    return {name: value}


def _type(name: str, value: Any) -> Entries:
    if value not in TYPES:
        raise OperandError(f"{name} needs one of {', '.join(TYPES)}")
    return {name: value}


def _size(name: str, value: Any) -> Entries:
    if not isinstance(value, int) or isinstance(value, bool):
        raise OperandError(f"{name} needs a whole number, or operators")
    return {name: check_single(value)}


WRITERS: dict[str, Callable[[str, Any], Entries]] = {
    **dict.fromkeys(("$eq", "$ne"), _single),
    **dict.fromkeys(("$in", "$nin", "$ini", "$nini"), _listed),
    **dict.fromkeys(("$gt", "$gte", "$lt", "$lte"), _ordering),
    **dict.fromkeys(("$veq", "$vne", "$vgt", "$vgte", "$vlt", "$vlte"), _version),
    **dict.fromkeys(("$regex", "$regexi"), _pattern),
    "$exists": _exists,
    "$type": _type,
    "$size": _size,
}
