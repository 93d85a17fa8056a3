"""How many units that count came when, and of which kind: no sum of what they did."""

from collections import Counter
from typing import NamedTuple

from analytics.engines.current import IN_USE
from analytics.engines.dialects import Engine
from analytics.queries.groups import group_of, grouping
from analytics.queries.units import UNIT_COLUMNS, Cut, Extra, exposed

HOUR_US = 3_600_000_000


class Arrived(NamedTuple):
    """How many units of a cut came, and when the first and the last of them did; None: nobody."""

    n: int
    first_us: int | None
    last_us: int | None


def arrived(cut: Cut, engine: Engine = IN_USE) -> Arrived:
    """Return how many units of a cut came, and between when."""
    head, values = exposed(cut)
    ((n, first, last),) = engine.rows(
        f"WITH {head}\nSELECT COUNT(*), MIN(t0), MAX(t0) FROM f", values
    )
    return Arrived(int(n), *(None if at is None else int(at) for at in (first, last)))


def new_units(cut: Cut, engine: Engine = IN_USE) -> dict[tuple[str, int], int]:
    """Return the units of a cut by the site's day from which on they count, and variant id."""
    head, values = exposed(cut, Extra(f", {cut.first_day}"))
    sql = f"WITH {head}\nSELECT day, variant_id, COUNT(*) FROM f GROUP BY day, variant_id"
    return {(str(day), int(variant)): int(n) for day, variant, n in engine.rows(sql, values)}


def units_by_hour(cut: Cut, engine: Engine = IN_USE) -> dict[tuple[int, str, int], int]:
    """Return the units of a cut by hour (of UTC, since 1970), the site's day, and variant id."""
    head, values = exposed(cut, Extra(f", {cut.first_day}"))
    sql = f"""WITH {head}
SELECT t0 / {HOUR_US} AS came, day, variant_id, COUNT(*) FROM f GROUP BY 1, 2, 3"""  # noqa: S608 - names from the tables of queries
    rows = engine.rows(sql, values)
    return {(int(hour), str(day), int(variant)): int(n) for hour, day, variant, n in rows}


def units_by_value(cut: Cut, name: str, engine: Engine = IN_USE) -> dict[str, Counter[int]]:
    """Return the units of a cut by an attribute's value, "" where it is not known, and variant id.

    Raises DefinitionError on a name that can be no attribute's.
    """
    head, values = exposed(cut, grouping((name,), cut))
    sql = f"WITH {head}\nSELECT g0, variant_id, COUNT(*) FROM f GROUP BY g0, variant_id"
    found: dict[str, Counter[int]] = {}
    for value, variant, n in engine.rows(sql, values):
        found.setdefault(group_of((name,), (value,))[0], Counter())[int(variant)] += int(n)
    return found


def events_without_unit(cut: Cut, from_us: int | None, engine: Engine = IN_USE) -> int:
    """Return how many events since a moment carry no id of the cut's units; None: 0, none were."""
    if from_us is None:
        return 0
    sql = f"""SELECT COUNT(*) FROM experiments_event e
WHERE e.site_id = %s AND e.ts_us >= %s AND e.ts_us <= %s AND e.{UNIT_COLUMNS[cut.unit_type]} = ''"""  # noqa: S608 - names from a table of ours
    ((n,),) = engine.rows(sql, (cut.site_id, from_us, cut.until_us))
    return int(n)
