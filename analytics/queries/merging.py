"""One row per unit from all parts of a statement, stacked and summed rather than joined.

SQLite guesses how many rows a part has. Where it knows nothing of a table's rows it guesses a
handful, and then compares each unit with every row of another part: hours for what takes a second.
Parts that lie below each other leave it nothing to guess, and cost other engines no more.
"""

from collections.abc import Collection, Mapping, Sequence

from analytics.queries.definitions import EVENTS, SLATES
from analytics.queries.sources import source_name
from analytics.queries.terms import Terms

PARTS = {EVENTS: "ev", SLATES: "sl"}

Sources = Mapping[str, Collection[str]]  # by the name of a part, the sums that its rows tell


def merged(
    keys: Sequence[str], kept: Mapping[str, str], sums: Sequence[str], sources: Sources
) -> str:
    """Return the selection of one row for each value of the keys, among which is the unit.

    `kept`: by name, the text of what `f`, the exposed units, alone knows of a unit; NULL where `f`
    has no row of these keys. `sums`: names of what is added up over all sources, 0 without any.

    >>> print(merged(["unit_id"], {"variant_id": "f.variant_id"}, ["c0"], {"ev": {"c0"}}))
    SELECT unit_id, MAX(variant_id) AS variant_id, CAST(SUM(c0) AS BIGINT) AS c0
            FROM (
                SELECT f.unit_id, f.variant_id AS variant_id, 0 AS c0 FROM f
                UNION ALL
                SELECT unit_id, NULL, c0 FROM ev
            ) a
            GROUP BY unit_id
    """
    rows = "\n            UNION ALL\n            ".join(_stacked(keys, kept, sums, sources))
    columns = [*keys, *(f"MAX({name}) AS {name}" for name in kept)]
    columns += [f"CAST(SUM({name}) AS BIGINT) AS {name}" for name in sums]
    return f"""SELECT {", ".join(columns)}
        FROM (
            {rows}
        ) a
        GROUP BY {", ".join(keys)}"""  # noqa: S608 - names from the tables of queries


def _stacked(
    keys: Sequence[str], kept: Mapping[str, str], sums: Sequence[str], sources: Sources
) -> list[str]:
    own = [f"f.{key}" for key in keys] + [f"{text} AS {name}" for name, text in kept.items()]
    rows = [f"SELECT {', '.join([*own, *(f'0 AS {name}' for name in sums)])} FROM f"]  # noqa: S608
    for source, told in sources.items():
        columns = [*keys, *("NULL" for _name in kept)]
        columns += [name if name in told else "0" for name in sums]
        rows.append(f"SELECT {', '.join(columns)} FROM {source}")  # noqa: S608 - as above
    return rows


def told_by(terms: Terms, letters: str) -> dict[str, set[str]]:
    """Return the columns of each part, by its name; of what was before exposure only events tell.

    `letters`: c for what was since exposure, h for what was before.
    """
    found: dict[str, set[str]] = {}
    for place, term in enumerate(terms.all):
        name = PARTS.get(term.source) or source_name(place, term)
        own = letters if term.source == EVENTS else letters.replace("h", "")
        found.setdefault(name, set()).update(f"{letter}{place}" for letter in own)
    return found
