"""Random conditions as a person writes them, each with attributes that it may or may not meet.

Every operator, every type of attribute and missing attributes occur; texts hold what engines read
differently: ends of lines, emoji, half characters, letters whose other case is not a letter.
"""

import random
from collections.abc import Iterator
from typing import Any

GROUPS: dict[str, list[Any]] = {"vips": ["DE", "v-1", 5, None], "nobody": []}
TEXTS = ["DE", "de", "AT", "", "5", "0", "null", "true", "gold", "1.2.3", "2.0.0-rc.1", "v1.10"]
STRANGE = [
    "é",
    "É",
    "straße",
    "😀",
    "a😀b",
    "\uffee",
    "\ud83d",
    "用户",
    "İı",
    "ſK",
    "DE\n",
    "a\r\nb",
]
NUMBERS = [0, 1, 5, 30, 30.0, -2.5, 0.1, 1e-7, 99999, 2**53 - 1]
LARGE = [2**53, 2**53 + 1, 1e21, -(10**30)]  # only as attributes: clients round them differently
SINGLES = [*TEXTS, *STRANGE[:6], *NUMBERS, True, False, None]
VERSIONS = ["1.2.3", "v1.2.3", "1.2.3-rc.1", "1.2.10", "2.0.0+b7", "1.0", "100000.0.0", "x", ""]
KEYS = ["country", "age", "rate", "is_member", "tags", "orders", "shop", "version", "nothing"]
PATHS = [*KEYS, "shop.plan", "shop.visits.0", "tags.1", "tags.length", "orders.0.price", "a.b"]
PATTERNS = ["^D", "E$", "^(DE|AT)$", "[0-9]{2}", "a.*b", "^.+$", "^[^,]*$", "(^|,)x|5?0", "k|s|i"]
PATTERNS += ["^gold$", "(😀)+", "[à-ý]", "null", r"\n|\u2028", "[a-f]+", "^$", r"^\[|\.", "(a|b)*c"]
TYPES = ["string", "number", "boolean", "null", "array", "object"]
ORDER = ["$gt", "$gte", "$lt", "$lte"]
VERSION = ["$veq", "$vne", "$vgt", "$vgte", "$vlt", "$vlte"]
LISTS = ["$in", "$nin", "$ini", "$nini"]
MATCHING = ["$regex", "$regexi", "$notRegex", "$notRegexi"]
LEAVES = ["$eq", "$ne", "$exists", "$type", "$size", *ORDER, *VERSION, *LISTS, *MATCHING]
NESTING = ["$not", "$all", "$elemMatch", "$size of"]
LOGIC = ["$and", "$or", "$nor", "$not"]
ALL_OPERATORS = {*LEAVES, "$not", "$all", "$elemMatch", *LOGIC, "$inGroup", "$notInGroup"}


def random_pairs(count: int, *, seed: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield conditions, not yet in normal form, and attributes; `GROUPS` are the saved groups."""
    rng = random.Random(seed)
    for _ in range(count):
        attributes = random_attributes(rng)
        yield _Conditions(rng, attributes).condition(levels=2), attributes


def random_attributes(rng: random.Random) -> dict[str, Any]:
    """Return attributes: some missing, some of another type than their name says."""
    usual: dict[str, Any] = {
        "country": rng.choice(TEXTS),
        "age": rng.choice(NUMBERS),
        "rate": rng.random(),
        "is_member": rng.random() < 0.5,
        "tags": rng.choices(SINGLES, k=rng.randrange(4)),
        "orders": [{"price": rng.choice(NUMBERS), "sku": rng.choice(TEXTS)} for _ in range(2)],
        "shop": {"plan": rng.choice(TEXTS), "visits": [3, rng.choice(NUMBERS)]},
        "version": rng.choice(VERSIONS),
        "nothing": None,
    }
    kept = {key: value for key, value in usual.items() if rng.random() < 0.8}
    return {key: random_value(rng) if rng.random() < 0.2 else kept[key] for key in kept}


def random_value(rng: random.Random, levels: int = 2) -> Any:
    """Return a JSON value of any type."""
    kind = rng.randrange(8 if levels else 6)
    if kind < 6:
        pools: list[list[Any]] = [SINGLES, STRANGE, LARGE]
        return rng.choice(pools[kind % 3])
    values = [random_value(rng, levels - 1) for _ in range(rng.randrange(3))]
    return values if kind == 6 else dict(zip(["plan", "price", "0"], values, strict=False))


class _Conditions:
    """Conditions for given attributes, whose values are used often so that many are met."""

    def __init__(self, rng: random.Random, attributes: dict[str, Any]) -> None:
        self._rng = rng
        self._known = [value for value in _singles(attributes) if _is_comparable(value)] or [None]

    def condition(self, levels: int) -> dict[str, Any]:
        if levels and self._rng.random() < 0.4:
            name = self._rng.choice(LOGIC)
            parts = [self.condition(levels - 1) for _ in range(self._rng.randrange(1, 3))]
            return {name: parts[0] if name == "$not" else parts}
        paths = self._rng.sample(PATHS, k=self._rng.choice([1, 1, 1, 2]))
        return {path: self.wanted(levels=2) for path in paths}

    def wanted(self, levels: int) -> Any:
        draw = self._rng.random()
        if draw < 0.15:
            return self._single()
        if draw < 0.2:
            return self._list()
        if levels and draw < 0.45:
            return self._nested(levels - 1)
        name = self._rng.choice([*LEAVES, "$inGroup", "$notInGroup"])
        return self._range() if name in ORDER else {name: self._operand(name)}

    def _nested(self, levels: int) -> dict[str, Any]:
        name = self._rng.choice(NESTING)
        if name == "$all":
            return {name: [self.wanted(levels) for _ in range(self._rng.randrange(3))]}
        if name == "$size of":
            return {"$size": self._range(self._rng.randrange(4))}
        if name == "$elemMatch" and self._rng.random() < 0.5:
            return {name: {self._rng.choice(["price", "sku", "0"]): self.wanted(levels)}}
        inner = self.wanted(levels)
        is_literal = not isinstance(inner, dict)
        return {name: {"$ne": self._single()} if is_literal and name == "$elemMatch" else inner}

    def _range(self, bound: Any = None) -> dict[str, Any]:
        while not isinstance(bound, str | int | float) or isinstance(bound, bool):
            bound = self._single()
        names = self._rng.sample(ORDER, k=self._rng.choice([1, 1, 2]))
        return dict.fromkeys(names, bound)

    def _single(self) -> Any:
        return self._rng.choice(self._known if self._rng.random() < 0.5 else SINGLES)

    def _list(self) -> list[Any]:
        return [self._single() for _ in range(self._rng.randrange(4))]

    def _operand(self, name: str) -> Any:
        if name in LISTS:
            return self._list()
        if name in VERSION:
            return self._rng.choice(VERSIONS)
        choices: dict[str, list[Any]] = {
            "$exists": [True, False],
            "$type": TYPES,
            "$size": [0, 1, 2, 3],
            "$inGroup": list(GROUPS),
            "$notInGroup": list(GROUPS),
            **dict.fromkeys(MATCHING, PATTERNS),
        }
        return self._rng.choice(choices[name]) if name in choices else self._single()


def _singles(value: Any) -> Iterator[Any]:
    """Yield the texts, numbers, booleans and nulls within a JSON value."""
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _singles(inner)
    else:
        yield value


def _is_comparable(value: Any) -> bool:
    is_number = isinstance(value, int | float)
    return value != "\ud83d" and (not is_number or abs(value) < 2**53)


def operators_in(condition: Any) -> set[str]:
    """Return the operators that occur in a condition."""
    if isinstance(condition, list):
        return set().union(*map(operators_in, condition))
    if not isinstance(condition, dict):
        return set()
    inner: set[str] = set().union(*map(operators_in, condition.values()))
    return inner | {key for key in condition if key.startswith("$")}
