"""The statement behind a frame: each metric's sides unit by unit, in order of first exposure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from analytics.queries.columns import Columns
from analytics.queries.compiler import Compiler
from analytics.queries.definitions import MetricQuery
from analytics.queries.groups import attribute_text
from analytics.queries.units import Cut, Extra, Part, exposed

NO_CAPS: Mapping[str, int] = MappingProxyType({})
COUNTED = "n"  # the side that is 1 for a unit that counts in a metric, where not all do
OWN = ("variant_id", "g0", "g1")  # what leads each row: variant, unit, first exposure


@dataclass(frozen=True, slots=True)
class UnitsQuery:
    """A statement with a row per unit: variant id, unit, first exposure in µs, attributes, sides.

    Attributes are text of JSON, "" where a unit has none. `places`: by metric key, where in a row
    each of its sides stands: y, x of a ratio's denominator, w and v before first exposure;
    `COUNTED` only where some units do not count.
    """

    sql: str
    values: tuple[Any, ...]
    places: Mapping[str, Mapping[str, int]]


class _Named(Compiler):
    """A statement that keeps who each unit is, since when it counts, and its attributes `by`."""

    @property
    def own(self) -> tuple[str, ...]:
        """Return the columns that lead each row."""
        return (*OWN, *(f"g{place}" for place in range(2, 2 + len(self.by))))

    def _groups(self) -> str:
        return "".join(f", {name}" for name in self.own[1:])

    def _exposed(self) -> Part:
        seen = "v" if self.cut.is_viewed else "x"
        known = [f"{attribute_text(name)} AS g{n}" for n, name in enumerate(self.by, start=2)]
        columns = ", ".join([f"x.unit_id AS g0, {seen}.ts_us AS g1", *known])
        return exposed(self.cut, Extra(f", {columns}"))


def compile_units(
    metrics: Sequence[MetricQuery],
    cut: Cut,
    caps: Mapping[str, int] = NO_CAPS,
    *,
    attributes: Sequence[str] = (),
    with_history: bool = False,
) -> UnitsQuery:
    """Return the statement of every unit's sides; arguments as in `compile_query`.

    Raises DefinitionError on a metric that cannot be computed, or a name that is no attribute's.
    """
    found = _Named(metrics, cut, attributes, caps, with_history)
    names: list[str] = []
    places = {
        metric.key: _places(found, columns, names)
        for metric, columns in zip(metrics, found.columns, strict=True)
    }
    selected = ", ".join((*found.own, *names))
    sql, values = found.ending(f"SELECT {selected}\nFROM z ORDER BY g1, g0")
    return UnitsQuery(sql, values, places)


def _places(found: _Named, columns: Columns, names: list[str]) -> dict[str, int]:
    """Return where a metric's sides stand; adds to the names what is not selected yet."""
    sides = dict(zip(columns.names, columns.sums, strict=True))
    if columns.n is not None:
        sides[COUNTED] = columns.n
    texts = found.selected.texts
    return {side: len(found.own) + _place(texts[text], names) for side, text in sides.items()}


def _place(text: str, names: list[str]) -> int:
    name = text.replace("{z}", "z")
    if name not in names:
        names.append(name)
    return names.index(name)
