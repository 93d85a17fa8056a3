"""Free-form properties and traits: what an event can keep of them."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from experiments.intake.refusals import MAX_DEPTH, Refused, check_free_form
from experiments.intake.shapes import MAX_ATTRIBUTES


def kept_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first 64 members that an event can hold.

    Sites have tracked whatever they liked for years: an address of 300 characters is left out of
    the event, and does not cost the event.
    """
    plain = ((name, plain_of(value)) for name, value in given.items())
    fitting = [(name, value) for name, value in plain if value is not None and _fits(name, value)]
    return dict(fitting[:MAX_ATTRIBUTES])


def _fits(name: str, value: object) -> bool:
    try:
        check_free_form("", {name: value})
    except Refused:
        return False
    return True


def plain_of(value: object, depth: int = MAX_DEPTH) -> Any:
    """Return a value with its decimals as JSON's numbers; None for what is none or too deep."""
    if isinstance(value, Decimal):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, dict | list) and depth == 0:
        return None
    if isinstance(value, dict):
        return {name: plain_of(nested, depth - 1) for name, nested in value.items()}
    if isinstance(value, list):
        return [plain_of(nested, depth - 1) for nested in value]
    return value


def bag_of(value: object) -> Mapping[str, Any]:
    """Return a value that should be an object, an empty one when it is something else."""
    return value if isinstance(value, dict) else {}
