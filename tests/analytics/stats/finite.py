"""Looks through a result for NaN and infinity."""

import inspect
import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


def non_finite(value: Any, path: str = "result") -> str | None:
    """Return where in a result, and in the properties of its dataclasses, NaN or infinity is."""
    if isinstance(value, float | np.floating):
        return None if math.isfinite(value) else f"{path} is {value}"
    if isinstance(value, np.ndarray):
        is_number = value.dtype.kind in "fc"
        return f"{path} is {value}" if is_number and not np.isfinite(value).all() else None
    found = (non_finite(each, f"{path}{name}") for name, each in _parts(value))
    return next((each for each in found if each), None)


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((f"[{key}]", each) for key, each in value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{index}]", each) for index, each in enumerate(value))
    elif is_dataclass(value) and not isinstance(value, type):
        properties = inspect.getmembers(type(value), lambda each: isinstance(each, property))
        for name in (*(each.name for each in fields(value)), *(name for name, _ in properties)):
            yield f".{name}", getattr(value, name)
