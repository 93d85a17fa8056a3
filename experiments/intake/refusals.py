"""Why a value cannot be taken: texts no database holds, free-form values without bounds."""

import re
from collections.abc import Iterator

import msgspec

MAX_TEXT = 256
MAX_DEPTH = 8
MAX_INTEGER = 2**63 - 1
# What PostgreSQL's text cannot hold, and what is no text at all though JSON can spell it.
NUL, NUL_ESCAPE = "\x00", b"\\u0000"
SURROGATE = re.compile("[\ud800-\udfff]")
FIELD = re.compile(r" - at (?:`key` in )?`\$(?:\.)?([^`]*)`$")
NAMED_FIELD = re.compile(r"(?:missing required|unknown) field `([^`]+)`")


class Refused(Exception):
    """Why one event, or one field of a request, cannot be taken."""

    def __init__(self, code: str, field: str | None, detail: str) -> None:
        super().__init__(detail)
        self.code, self.field, self.detail = code, field, detail


def check_free_form(path: str, value: object, depth: int = MAX_DEPTH) -> None:
    """Raise Refused when attributes or properties are too deep, too long or out of range."""
    if depth == 0:
        raise Refused("too_deep", path, f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise Refused("too_long", path, f"a text is longer than {MAX_TEXT} characters")
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise Refused("out_of_range", path, "a number is beyond 64 bits")
    if isinstance(value, dict):
        for name in value:
            check_free_form(path, name, depth)
    for where, nested in members(value, path):
        check_free_form(where[:100], nested, depth - 1)


def refuse_bad_text(value: object, path: str = "") -> None:
    """Raise Refused when a text or a name in a decoded body is one that no database can hold."""
    if isinstance(value, str):
        if NUL in value:
            raise Refused("nul_character", path or None, "the text holds a NUL character")
        if SURROGATE.search(value):
            raise Refused("lone_surrogate", path or None, "the text holds half a character")
    if isinstance(value, dict):
        for name in value:  # first, as the paths below are made of them
            refuse_bad_text(name, path)
    for where, nested in members(value, path):
        refuse_bad_text(nested, where)


def members(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield what a decoded value is made of, each with its path.

    >>> list(members({"a": 1, "b": [2]}, "bag"))
    [('bag.a', 1), ('bag.b', [2])]
    """
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    if isinstance(value, dict):
        yield from ((f"{path}.{name}" if path else str(name), it) for name, it in value.items())
    elif isinstance(value, list):
        yield from ((f"{path}[{index}]", it) for index, it in enumerate(value))


def explain(error: Exception) -> tuple[str | None, str]:
    """Return the field and the sentence of a msgspec error.

    >>> explain(msgspec.ValidationError("Expected `int`, got `str` - at `$.unit.visitor_id`"))
    ('unit.visitor_id', 'Expected `int`, got `str`')
    >>> explain(msgspec.ValidationError("Object missing required field `k`"))
    ('k', 'Object missing required field `k`')
    """
    text = str(error)
    found = FIELD.search(text)
    path = found.group(1) if found else ""
    detail = text[: found.start()] if found else text
    if missing := NAMED_FIELD.search(detail):
        path = f"{path}.{missing.group(1)}" if path else missing.group(1)
    return path or None, detail
