"""What a metric's `where` allows: conditions on columns that are named here, and nowhere else.

Names are written into the statement, so they come from these tables; values are bound.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from analytics.errors import DefinitionError

Part = tuple[str, tuple[Any, ...]]

TEXT, NUMBER = "text", "number"
# Which list an event came from is said by the request that it quotes.
PLACEMENT = """(SELECT MAX(p.placement) FROM experiments_slate p
        WHERE p.site_id = e.site_id AND p.request_id = e.request_id)"""
COLUMNS: dict[str, dict[str, tuple[str, str]]] = {
    "events": {
        "item_id": ("e.item_id", TEXT),
        "rank": ("e.rank", NUMBER),
        "amount": ("e.amount", NUMBER),
        "quantity": ("e.quantity", NUMBER),
        "placement": (PLACEMENT, TEXT),
    },
    "slates": {
        "placement": ("s.placement", TEXT),
        "recommender": ("s.recommender", TEXT),
        "artifact": ("s.artifact", TEXT),
        "fallback": ("s.fallback", TEXT),
        "n_items": ("s.n_items", NUMBER),
        "latency_us": ("s.latency_us", NUMBER),
    },
}
# Words that shops use for what the rows call otherwise.
ALIASES = {"position": "rank", "price": "amount", "category": "properties.category"}
BAGS = {"events": ("properties", "attributes"), "slates": ("attributes",)}
OWN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ -]{0,63}")  # of a property: nothing that ends a text
COMPARED = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
CHOSEN = {"in": "IN", "not_in": "NOT IN"}
MOST_CHOICES = 100
LARGEST = 2**53


def conditions(where: object, source: str, field: str) -> Part:
    """Return a `where` as the text of its conditions, each led by AND, and the values they bind.

    A row that lacks what is asked about meets no condition on it. `field`: what holds the `where`,
    for the error. Raises DefinitionError on a name, a comparison or a value that cannot be.
    """
    if where is None:
        return "", ()
    if not isinstance(where, Mapping):
        raise DefinitionError(f"where must be an object, was {where!r}", f"{field}.where")
    found = [
        part
        for name, wanted in where.items()
        for part in _of_column(str(name), wanted, source, f"{field}.where.{name}")
    ]
    return "".join(f" AND {text}" for text, _ in found), tuple(v for _, vs in found for v in vs)


def _of_column(name: str, wanted: Any, source: str, field: str) -> Iterator[Part]:
    column, kind = _column(name, source, field)
    wanted = {"in": wanted} if isinstance(wanted, list) else wanted
    asked = wanted if isinstance(wanted, Mapping) else {"in": [wanted]}
    if not asked:
        raise DefinitionError(f"{name!r} is compared with nothing", field)
    for operator, value in asked.items():
        yield _condition(column, kind, str(operator), value, field)


def _column(name: str, source: str, field: str) -> tuple[str, str]:
    """Return a column's text and kind; raises DefinitionError with those that exist."""
    known = COLUMNS.get(source, {})
    name = ALIASES.get(name, name)
    if name in known:
        return known[name]
    bag, _, key = name.partition(".")
    if bag in BAGS.get(source, ()) and OWN.fullmatch(key):
        row = "e" if source == "events" else "s"
        return f"CAST({row}.{bag} ->> '{key}' AS VARCHAR)", TEXT
    words = sorted({*known, *(a for a, of in ALIASES.items() if _is_known(of, source))})
    own = ", ".join(f"{bag}.<name>" for bag in BAGS.get(source, ()))
    raise DefinitionError(
        f"{source} cannot be filtered by {name!r}; known: {', '.join(words)}, {own}", field
    )


def _is_known(name: str, source: str) -> bool:
    return name in COLUMNS[source] or name.partition(".")[0] in BAGS[source]


def _condition(column: str, kind: str, operator: str, value: Any, field: str) -> Part:
    if operator == "ne":
        operator, value = "not_in", [value]
    if operator in COMPARED:
        if kind != NUMBER:
            raise DefinitionError(f"{operator!r} compares numbers, and this is text", field)
        return f"{column} {COMPARED[operator]} %s", (_number(value, field),)
    if operator not in CHOSEN:
        known = ", ".join([*COMPARED, "ne", *CHOSEN])
        raise DefinitionError(f"{operator!r} is no comparison; known: {known}", field)
    values = _choices(kind, value, field)
    return f"{column} {CHOSEN[operator]} ({', '.join(['%s'] * len(values))})", values


def of_attribute(bag: str, name: str, value: Any) -> Part:
    """Return the condition that a value of a column of JSON is as given; raises DefinitionError."""
    if not OWN.fullmatch(name):
        raise DefinitionError(f"{name!r} can be no attribute of a unit", "segment")
    values = _texts(value, f"segment.{name}")
    return f"CAST({bag} ->> '{name}' AS VARCHAR) IN ({', '.join(['%s'] * len(values))})", values


def _choices(kind: str, value: Any, field: str) -> tuple[Any, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_CHOICES:
        raise DefinitionError(f"1 to {MOST_CHOICES} values are needed, was {value!r}", field)
    if kind == NUMBER:
        return tuple(_number(each, field) for each in value)
    return tuple(text for each in value for text in _texts(each, field))


def _texts(value: Any, field: str) -> tuple[str, ...]:
    """Return how engines write a value of JSON as text; SQLite has 1 and 0 for true and false."""
    if isinstance(value, bool):
        return ("true", "1") if value else ("false", "0")
    if isinstance(value, (str, int, float)) and "\0" not in str(value):
        return (str(value),)
    raise DefinitionError(f"text, a number, true or false is needed, was {value!r}", field)


def _number(value: Any, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        raise DefinitionError(f"a whole number is needed, was {value!r}", field)
    return value
