"""The stored form of sufficient statistics: plain JSON with its form and version named.

Whole numbers are written as text, for many JSON readers stop at 2**53; floats as they
are, for Python writes the shortest text that reads back the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.errors import InvalidInputError

Stored = Mapping[str, Any]


def stored_form(form: str, version: int, **content: Any) -> dict[str, Any]:
    """Return the content under its form and version."""
    return {"form": form, "version": version} | content


def require_form(stored: Stored, form: str, version: int) -> None:
    """Raise InvalidInputError unless `stored` holds this form in this version."""
    found = (stored.get("form"), stored.get("version"))
    if found != (form, version):
        raise InvalidInputError(f"cannot read {found[0]!r} of version {found[1]!r} as {form}")


def read_int(stored: Stored, name: str) -> int:
    """Return a whole number written as text; raises InvalidInputError where it is none."""
    try:
        return int(str(stored[name]))
    except (KeyError, ValueError) as error:
        raise InvalidInputError(f"stored {name} is damaged: {error}") from error


def read_ints(stored: Stored, name: str) -> tuple[int, ...]:
    """Return whole numbers written as text, in order."""
    try:
        return tuple(int(str(each)) for each in _listed(stored, name))
    except ValueError as error:
        raise InvalidInputError(f"stored {name} is damaged: {error}") from error


def read_floats(stored: Stored, name: str) -> tuple[float, ...]:
    """Return the numbers in order; a missing one (null) is damage."""
    try:
        return tuple(float(each) for each in _listed(stored, name))
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"stored {name} is damaged: {error}") from error


def read_texts(stored: Stored, name: str) -> tuple[str, ...]:
    """Return the names in order."""
    return tuple(str(each) for each in _listed(stored, name))


def _listed(stored: Stored, name: str) -> Sequence[Any]:
    found = stored.get(name)
    if not isinstance(found, (list, tuple)):
        raise InvalidInputError(f"stored {name} is missing or no list")
    return found
