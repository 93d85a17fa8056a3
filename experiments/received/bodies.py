"""A refused body in lines, the failing field marked. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a body; `is_failing`: it belongs to the field that was refused."""

    text: str
    is_failing: bool = False
    note: str = ""


def lines_of(body: str, field: str) -> list[Line]:
    """Return a body line by line, with a mark at its failing field, or where it is missing.

    What is no JSON comes back as it was sent. At most 400 lines.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return [Line(text) for text in body.splitlines()[:MOST_LINES]]
    found = list(_lines(value, "", field, "", ""))[:MOST_LINES]
    if field and not any(line.is_failing for line in found):
        found.insert(max(0, len(found) - 1), Line(f'  "{field}"', True, "missing"))
    return found


def pretty(body: str) -> str:
    """Return a body as a form shows it: indented JSON, or as it was sent."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


def _lines(value: Any, path: str, field: str, head: str, tail: str) -> Iterator[Line]:
    """Yield the lines of a value; `head`: its indent and name, `tail`: the comma behind it."""
    is_failing = _is_within(path, field)
    indent = head[: len(head) - len(head.lstrip(" "))]
    if isinstance(value, dict | list) and value:
        opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
        yield Line(f"{head}{opening}", is_failing)
        yield from _members(value, path, field, f"{indent}  ")
        if isinstance(value, dict) and (name := _missing_in(value, path, field)):
            yield Line(f'{indent}  "{name}"', True, "missing")
        yield Line(f"{indent}{closing}{tail}", is_failing)
    else:
        yield Line(f"{head}{_scalar(value)}{tail}", is_failing)


def _members(value: Any, path: str, field: str, indent: str) -> Iterator[Line]:
    last = len(value) - 1
    if isinstance(value, dict):
        for index, (name, member) in enumerate(value.items()):
            inner = f"{path}.{name}" if path else name
            head = f"{indent}{_scalar(name)}: "
            yield from _lines(member, inner, field, head, "" if index == last else ",")
    else:
        for index, member in enumerate(value):
            tail = "" if index == last else ","
            yield from _lines(member, f"{path}[{index}]", field, indent, tail)


def _missing_in(value: dict[str, Any], path: str, field: str) -> str:
    """Return the name of the failing field when this object lacks it, "" otherwise."""
    parent, _, name = field.rpartition(".")
    return name if name and parent == path and name not in value and "[" not in name else ""


def _is_within(path: str, field: str) -> bool:
    return bool(field and path) and (path == field or path.startswith((f"{field}.", f"{field}[")))


def _scalar(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False).encode().decode()
    except UnicodeEncodeError:  # half a character, which no page can show
        return json.dumps(value)
