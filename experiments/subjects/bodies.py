"""Whose a document is: exact matches of an id in parsed JSON. Pure."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

# How events, slates and Segment's messages name ids; what another type's key holds is another's.
KEYS = {
    "visitor": frozenset({"visitor_id", "anonymousId", "anonymous_id", "previousId", "unit_id"}),
    "account": frozenset({"account_id", "userId", "user_id", "unit_id"}),
    "session": frozenset({"session_id", "unit_id"}),
}
ID_KEYS = frozenset().union(*KEYS.values())
LISTS = ("events", "slates", "batch")  # documents that hold several

_document = msgspec.json.Decoder(dict[str, msgspec.Raw])
_listed = msgspec.json.Decoder(list[msgspec.Raw])


def is_of(element: Any, unit_type: str, ids: Collection[str]) -> bool:
    """Return whether an event, a slate or a message carries one of the ids as its unit's.

    >>> is_of({"unit": {"visitor_id": 81}}, "visitor", {"81"})
    True
    >>> is_of({"unit": {"visitor_id": "v-1"}, "properties": {"by": "v-81"}}, "visitor", {"v-81"})
    False
    """
    if not isinstance(element, dict):
        return False
    unit = element.get("unit")
    places = [element, unit] if isinstance(unit, dict) else [element]
    return any(_is_id(place.get(key), ids) for place in places for key in KEYS[unit_type])


def mentions(value: Any, unit_type: str, ids: Collection[str]) -> bool:
    """Return whether one of the ids stands anywhere in a value: under a key of ids, or as a text.

    Texts of digits count only under such keys: as a quantity or a rank they name nobody.
    """
    if isinstance(value, dict):
        return any(
            (key in KEYS[unit_type] and _is_id(each, ids)) or mentions(each, unit_type, ids)
            for key, each in value.items()
        )
    if isinstance(value, list):
        return any(mentions(each, unit_type, ids) for each in value)
    return isinstance(value, str) and value in ids and not value.isdecimal()


def text_mentions(text: str, unit_type: str, ids: Collection[str]) -> bool:
    """Return whether a text mentions one of the ids; of what is no JSON, as a quoted whole."""
    try:
        return mentions(json.loads(text), unit_type, ids)
    except (ValueError, RecursionError):
        return any(json.dumps(each, ensure_ascii=False) in text for each in ids)


def without_unit(text: str, unit_type: str, ids: Collection[str]) -> tuple[str, int]:
    """Return a document of events, slates or messages without a unit's, and how many those were.

    The others keep their spelling, letter by letter: an event's hash is taken of it.
    """
    document, removed = _document.decode(text), 0
    for name in [name for name in LISTS if name in document]:
        listed = _listed.decode(document[name])
        kept = [each for each in listed if not is_of(parsed(str(each, "utf-8")), unit_type, ids)]
        removed += len(listed) - len(kept)
        document[name] = msgspec.Raw(msgspec.json.encode(kept))
    return (msgspec.json.encode(document).decode(), removed) if removed else (text, 0)


def is_listing(text: str) -> bool:
    """Return whether a text is a document of several events, slates or messages."""
    document = parsed(text)
    return isinstance(document, dict) and any(
        isinstance(document.get(name), list) for name in LISTS
    )


def ids_in(value: Any) -> Iterator[str]:
    """Yield every id that stands under a key of ids, anywhere in a value."""
    return under_keys(value, ID_KEYS)


def under_keys(value: Any, keys: Collection[str]) -> Iterator[str]:
    """Yield the texts and numbers that stand under one of the keys, anywhere in a value."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key in keys and isinstance(each, str | int) and not isinstance(each, bool):
                yield str(each)
            else:
                yield from under_keys(each, keys)
    elif isinstance(value, list):
        for each in value:
            yield from under_keys(each, keys)


def parsed(text: str) -> Any:
    """Return the JSON of a text, None of what is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def replaced(value: Any, hashes: dict[str, str]) -> Any:
    """Return a value in which ids are hashes: all under keys of ids, and texts that are one.

    >>> replaced({"visitor_id": 7, "rank": 7, "by": "v-1"}, {"7": "~a", "v-1": "~b"})
    {'visitor_id': '~a', 'rank': 7, 'by': '~b'}
    """
    if isinstance(value, dict):
        return {
            hashes.get(key, key): hashes.get(str(each), each)
            if key in ID_KEYS and not isinstance(each, dict | list)
            else replaced(each, hashes)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [replaced(each, hashes) for each in value]
    is_text = isinstance(value, str) and not value.isdecimal()
    return hashes.get(value, value) if is_text else value


def needles(ids: Collection[str]) -> list[str]:
    """Return the texts of which one stands in every JSON text that holds one of the ids."""
    escaped = {json.dumps(each, ensure_ascii=flag)[1:-1] for each in ids for flag in (True, False)}
    return sorted(escaped)


def _is_id(value: Any, ids: Collection[str]) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and str(value) in ids


def is_printable(unit_id: str) -> bool:
    """Return whether an id is one that can be stored: a text without NUL and lone surrogates."""
    return re.search(r"[\x00\ud800-\udfff]", unit_id) is None
