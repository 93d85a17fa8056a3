"""How many units that count came on each day, by variant."""

from analytics.engines.current import IN_USE
from analytics.engines.dialects import Engine
from analytics.queries.units import Cut, Extra, exposed


def new_units(cut: Cut, engine: Engine = IN_USE) -> dict[tuple[str, int], int]:
    """Return the units of a cut by the site's day of first exposure and variant id."""
    head, values = exposed(cut, Extra(", x.day"))
    sql = f"WITH {head}\nSELECT day, variant_id, COUNT(*) FROM f GROUP BY day, variant_id"
    return {(str(day), int(variant)): int(n) for day, variant, n in engine.rows(sql, values)}
