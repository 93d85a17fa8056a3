"""The normal form of a condition: what is stored, evaluated and exported.

JavaScript's and Python's client differ in much of what a condition may hold: the one compares "5"
with 5, the other does not. The normal form says the kind of every value, so that all give the same
answer; what cannot be said so is refused, with the place and the reason.
"""

from collections.abc import Mapping
from typing import Any

from experiments.assignment.condition.operands import (
    MAX_LIST,
    OperandError,
    check_list,
    check_single,
    normal_operator,
)
from experiments.assignment.condition.paths import path_problem

MAX_DEPTH = 8
LOGIC = frozenset({"$and", "$or", "$nor"})
UNMET_PATTERNS = {"$notRegex": "$regex", "$notRegexi": "$regexi"}
GROUPS = {"$inGroup": "$in", "$notInGroup": "$nin"}


class ConditionError(ValueError):
    """A condition that cannot be stored; `problems` says what is wrong, each with its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def normalise(condition: Any, groups: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the normal form of a condition; raises ConditionError.

    The normal form of a normal form is itself. `groups`: saved lists of values by id, which are
    written into the condition.

    >>> normalise({"country": "DE", "age": {"$gte": 18}})
    {'country': {'$eq': 'DE'}, 'age': {'$type': 'number', '$gte': 18}}
    """
    writer = _Writer(groups or {})
    out = writer.condition(condition, "", MAX_DEPTH)
    if writer.problems:
        raise ConditionError(writer.problems)
    return out


def validate_condition(condition: Any) -> list[str]:
    """Return what is wrong with a condition, each as a sentence; empty when it can be stored.

    >>> validate_condition({"country": {"$near": 1}})
    ['country: unknown operator $near']
    """
    try:
        normalise(condition)
    except ConditionError as error:
        return error.problems
    return []


class _Writer:
    """Writes the normal form and notes what has none. `where` is a place, `depth` levels left."""

    def __init__(self, groups: Mapping[str, Any]) -> None:
        self.problems: list[str] = []
        self._groups = groups

    def _refuse(self, where: str, reason: object) -> None:
        self.problems.append(f"{where or 'condition'}: {reason}")

    def _is_too_deep(self, where: str, depth: int) -> bool:
        if depth == 0:
            self._refuse(where, f"nested deeper than {MAX_DEPTH} levels")
        return depth == 0

    def condition(
        self, condition: Any, where: str, depth: int, *, of_element: bool = False
    ) -> dict[str, Any]:
        """Return the normal form of a condition, incomplete when a problem was noted."""
        if not isinstance(condition, Mapping):
            self._refuse(where, f"expected an object, got {type(condition).__name__}")
            return {}
        if self._is_too_deep(where, depth):
            return {}
        return {
            key: self._entry(key, wanted, f"{where}.{key}" if where else key, depth, of_element)
            for key, wanted in condition.items()
        }

    def _entry(self, key: str, wanted: Any, where: str, depth: int, of_element: bool) -> Any:
        if key == "$not":
            return self.condition(wanted, where, depth - 1, of_element=of_element)
        if key in LOGIC:
            return self._parts(wanted, where, depth, of_element)
        if key.startswith("$"):
            self._refuse(where, f"unknown operator {key}")
        elif problem := path_problem(key, of_element=of_element):
            self._refuse(where, problem)
        return self._wanted(wanted, where, depth)

    def _parts(self, parts: Any, where: str, depth: int, of_element: bool) -> list[Any]:
        if not isinstance(parts, list) or len(parts) > MAX_LIST:
            is_long = isinstance(parts, list)
            self._refuse(where, f"more than {MAX_LIST} entries" if is_long else "expected a list")
            return []
        return [
            self.condition(part, f"{where}[{index}]", depth - 1, of_element=of_element)
            for index, part in enumerate(parts)
        ]

    def _wanted(self, wanted: Any, where: str, depth: int) -> Any:
        """Return the normal form of what a value is compared with: operators, a list, a single."""
        if isinstance(wanted, Mapping):
            return self._operators(wanted, where, depth)
        try:
            return check_list(wanted) if isinstance(wanted, list) else {"$eq": check_single(wanted)}
        except OperandError as error:
            self._refuse(where, error)
            return {}

    def _operators(self, wanted: Mapping[str, Any], where: str, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        if self._is_too_deep(where, depth):
            return out
        if not wanted:
            self._refuse(where, "an empty object; leave the attribute out")
        if fields := [name for name in wanted if not name.startswith("$")]:
            path = f"{where}.{fields[0]}"
            self._refuse(where, f"objects are not compared; write a path such as {path}")
            return out
        for name, value in wanted.items():
            self._merge(out, self._operator(name, value, where, depth), where)
        return out

    def _merge(self, out: dict[str, Any], entries: dict[str, Any], where: str) -> None:
        """Add operators; two of one name would have to be joined by $and."""
        for name, value in entries.items():
            if name == "$type" and out.get(name, value) != value:
                self._refuse(where, f"no value is both a {out[name]} and a {value}")
            elif name in out and name != "$type":
                self._refuse(where, f"{name} would stand here twice; join the two by $and")
            out[name] = value

    def _operator(self, name: str, value: Any, where: str, depth: int) -> dict[str, Any]:
        """Return the operators that one operator becomes, none when it was refused."""
        if name == "$not":
            return {name: self._wanted(value, f"{where}.$not", depth - 1)}
        if name in UNMET_PATTERNS:
            # A missing attribute then passes, as Python's client has it; JavaScript's knows none.
            return self._operator("$not", {UNMET_PATTERNS[name]: value}, where, depth)
        if name == "$size" and isinstance(value, Mapping):
            return {name: self._operators(value, f"{where}.$size", depth - 1)}
        if name == "$elemMatch":
            return {name: self._element(value, f"{where}.$elemMatch", depth - 1)}
        try:
            return self._leaf(name, value, where, depth)
        except OperandError as error:
            self._refuse(where, error)
            return {}

    def _leaf(self, name: str, value: Any, where: str, depth: int) -> dict[str, Any]:
        if name == "$all":
            return {name: self._all(value, f"{where}.$all", depth - 1)}
        if name not in GROUPS:
            return normal_operator(name, value)
        if not isinstance(value, str) or value not in self._groups:
            raise OperandError(f"{name} names no saved group: {value!r}; list the values by $in")
        return normal_operator(GROUPS[name], self._groups[value])

    def _all(self, parts: Any, where: str, depth: int) -> list[Any]:
        if not isinstance(parts, list) or len(parts) > MAX_LIST:
            raise OperandError(f"$all needs a list of at most {MAX_LIST} entries")
        return [self._wanted(p, f"{where}[{index}]", depth) for index, p in enumerate(parts)]

    def _element(self, wanted: Any, where: str, depth: int) -> dict[str, Any]:
        """Return what an element has to meet: operators on it, or a condition on its fields."""
        if isinstance(wanted, Mapping) and all(key.startswith("$") for key in wanted):
            return self._operators(wanted, where, depth)
        return self.condition(wanted, where, depth, of_element=True)
