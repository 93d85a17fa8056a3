"""What every database can hold: checked before it is written, so that nobody meets a failure."""

import json
from typing import Any

from experiments.errors import InvalidInput


def require_storable(document: Any, *, field: str) -> None:
    """Raise InvalidInput on what no database holds: NUL, half a character, an infinite number."""
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        raise InvalidInput("this cannot be written as JSON", field=field) from None
    if "\\u0000" in text:
        raise InvalidInput("the text holds a NUL character", field=field)


def require_reason(reason: str, *, purpose: str) -> str:
    """Return the reason without its margins; raises InvalidInput when nothing is left.

    `purpose`: what the reason is for, as in "killing an experiment".
    """
    if not (found := reason.strip()):
        raise InvalidInput(
            f"{purpose} needs a reason", field="reason", hint="It is kept for whoever asks later."
        )
    return found
