"""By what units are told apart: attributes kept with their first exposure, and a few more.

`@unit_type`: whose id it is. `@weekday`: the day of the week of the first exposure. `@visitor`:
"returning" for a unit that did anything before it, else "new". Any other name is an attribute.
"""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from analytics.errors import DefinitionError
from analytics.queries.filters import OWN
from analytics.queries.units import UNIT_COLUMNS, Cut, Extra, Part

UNIT_TYPE, WEEKDAY, VISITOR = "@unit_type", "@weekday", "@visitor"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_GROUPS = 3  # names at once: more cut the units into too few

Group = tuple[str, ...]


class _Column(NamedTuple):
    text: str
    values: tuple[Any, ...] = ()
    join: Part = ("", ())


def grouping(by: Sequence[str], cut: Cut) -> Extra:
    """Return what the exposed units need beside to be told apart, in columns g0, g1 and so on.

    Raises DefinitionError on a name that can be no attribute's, and on too many names.
    """
    if len(by) > MOST_GROUPS:
        raise DefinitionError(f"units are told apart by up to {MOST_GROUPS} names", "by")
    found = [_column(name, cut) for name in by]
    columns = "".join(f", {each.text} AS g{number}" for number, each in enumerate(found))
    joins = "".join(each.join[0] for each in found)
    return Extra(
        columns,
        tuple(value for each in found for value in each.values),
        joins,
        tuple(value for each in found for value in each.join[1]),
    )


def _column(name: str, cut: Cut) -> _Column:
    if name == UNIT_TYPE:
        return _Column("CASE WHEN x.unit_type = '' THEN %s ELSE x.unit_type END", (cut.unit_type,))
    if name == WEEKDAY:
        return _Column(cut.first_day)
    if name == VISITOR:
        return _visitor(cut)
    return _Column(attribute_text(name))


def attribute_text(name: str) -> str:
    """Return the column of an attribute as text of JSON, "" where a unit has none.

    Raises DefinitionError on a name that can be no attribute's.
    """
    if not OWN.fullmatch(name):
        raise DefinitionError(f"{name!r} can be no attribute of a unit", "by")
    return f"COALESCE(CAST(x.attributes -> '{name}' AS VARCHAR), '')"


def _visitor(cut: Cut) -> _Column:
    column = UNIT_COLUMNS[cut.unit_type]
    join = f"""
    LEFT JOIN (
        SELECT p.{column} AS unit_id, MIN(p.ts_us) AS seen_us FROM experiments_event p
        WHERE p.site_id = %s AND p.ts_us <= %s AND p.{column} <> '' AND p.traffic = ''
        GROUP BY p.{column}
    ) q ON q.unit_id = x.unit_id"""  # noqa: S608 - names from a table of ours; every value is bound
    text = "CASE WHEN q.seen_us < x.ts_us THEN 'returning' ELSE 'new' END"
    return _Column(text, (), (join, (cut.site_id, cut.until_us)))


def group_of(by: Sequence[str], values: Sequence[Any]) -> Group:
    """Return a row's group as text, "" for what is not known."""
    return tuple(_text(name, str(value)) for name, value in zip(by, values, strict=True))


def _text(name: str, value: str) -> str:
    if name == WEEKDAY:
        return WEEKDAYS[date.fromisoformat(value).weekday()]
    if name.startswith("@") or not value:
        return value
    found = json.loads(value)
    if found is None:
        return ""
    return found if isinstance(found, str) else json.dumps(found)
