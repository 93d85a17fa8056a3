"""JavaScript's view of JSON values: texts, numbers, truth, equality and order, as its clients have.

Source: ECMAScript 2023, chapters 7.1 (type conversion) and 7.2 (comparison).
"""

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
DIGITS = re.compile(r"0[xX][0-9a-fA-F]+\Z|0[oO][0-7]+\Z|0[bB][01]+\Z")
BLANKS = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)


def is_number(value: Any) -> bool:
    """Return whether a JSON value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def double(value: float) -> float:
    """Return a number as JavaScript holds it: digits beyond the 53rd bit are lost."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def text_of(value: Any) -> str:
    """Return what `String(value)` is.

    >>> text_of([1, None, "a"]), text_of(1e21), text_of({})
    ('1,,a', '1e+21', '[object Object]')
    """
    if isinstance(value, str):
        return value
    if is_number(value):
        return _number_text(double(value))
    if isinstance(value, list):
        return ",".join("" if one is None else text_of(one) for one in value)
    return "[object Object]" if isinstance(value, Mapping) else json.dumps(value)


def _number_text(value: float) -> str:
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("-" if value < 0 else "") + "Infinity"
    if value.is_integer() and abs(value) < 1e21:
        # The shortest digits that mean this number, not its exact ones.
        return f"{Decimal(repr(value + 0.0)):f}".removesuffix(".0") if value else "0"
    if 1e-6 <= abs(value) < 1e21:
        return f"{Decimal(repr(value)):f}"
    return re.sub(r"e([+-])0*", r"e\1", repr(value))


def number_of(value: Any) -> float:
    """Return what `Number(value)` is; NaN for what is no number.

    >>> number_of(" 0x10 "), number_of(None), number_of([])
    (16.0, 0.0, 0.0)
    """
    if value is None or isinstance(value, bool):
        return float(value or 0)
    if is_number(value):
        return double(value)
    return _read_number(text_of(value).strip(BLANKS))


def _read_number(text: str) -> float:
    if not text:
        return 0.0
    if DIGITS.match(text):
        return double(int(text, 0))
    if text in {"Infinity", "+Infinity", "-Infinity"}:
        return float(text)
    return float(text) if DECIMAL.match(text) else math.nan


def is_truthy(value: Any) -> bool:
    """Return what `!!value` is: 0, "", null and false are not, an empty list is."""
    return isinstance(value, list | Mapping) or bool(value)


def same(value: Any, other: Any) -> bool:
    """Return what `value === other` is; a list or an object is the same as nothing else.

    >>> same(1, True), same(1, 1.0), same(None, None), same([], [])
    (False, True, True, False)
    """
    if isinstance(value, str):
        return isinstance(other, str) and value == other
    if value is None or isinstance(value, bool):
        return value is other
    return is_number(value) and is_number(other) and double(value) == double(other)


def sort_keys(value: Any, other: Any) -> tuple[Any, Any]:
    """Return two keys that Python orders as JavaScript orders the values.

    Two texts go by their UTF-16 code units: emoji stand below the last basic characters. Anything
    else goes by number, and NaN is neither above nor below.
    """
    one, two = (text_of(it) if isinstance(it, list | Mapping) else it for it in (value, other))
    if isinstance(one, str) and isinstance(two, str):
        return utf16(one), utf16(two)
    return number_of(one), number_of(two)


def utf16(text: str) -> bytes:
    """Return the code units of a text, as bytes in JavaScript's order."""
    return text.encode("utf-16-be", "surrogatepass")


def document_of(value: Any) -> str:
    """Return a text that is equal where `JSON.stringify` is: objects in order of their keys."""
    if isinstance(value, list):
        return f"[{','.join(map(document_of, value))}]"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{json.dumps(k)}:{document_of(value[k])}' for k in _keys(value))}}}"
    if is_number(value):
        return text_of(value) if math.isfinite(double(value)) else "null"
    return json.dumps(value)


def _keys(value: Mapping[str, Any]) -> list[str]:
    """Return the keys in JavaScript's order: indices ascending, then the others as inserted."""
    indices = sorted((key for key in value if is_index(key)), key=int)
    return [*indices, *(key for key in value if not is_index(key))]


def is_index(key: str) -> bool:
    """Return whether a key is an index in plain digits, "0" but not "00"."""
    is_short = len(key) <= 10 and key.isascii() and key.isdigit()
    return is_short and str(int(key)) == key and int(key) < 2**32 - 1


def kind_of(value: Any) -> str:
    """Return what the clients call a value's type: string, number, boolean, null, array, object."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if is_number(value):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
