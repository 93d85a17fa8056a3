"""How SQLite means to run a statement, and where it would compare all rows with all."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

from analytics.engines.current import using
from analytics.engines.database import DATABASE
from analytics.engines.dialects import Row

LOOPS = ("SCAN", "SEARCH")
LINES = "VIRTUAL TABLE"  # the few lines of one order


class Planned:
    """The database, which keeps the plan of each statement that it answers."""

    name = "sqlite"

    def __init__(self) -> None:
        self.plans: list[list[tuple[int, int, str]]] = []

    def rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
            self.plans.append([(own, of, text) for own, of, _cost, text in cursor.fetchall()])
        return DATABASE.rows(sql, values)


@contextmanager
def planned() -> Iterator[Planned]:
    """Keep the plans of the statements inside."""
    with using(Planned()) as engine:
        assert isinstance(engine, Planned)
        yield engine


def whole_scans(plan: Sequence[tuple[int, int, str]]) -> list[str]:
    """Return what is gone through once for each row of something else: inner loops."""
    loops: dict[int, list[str]] = defaultdict(list)
    for _own, parent, text in plan:
        if text.startswith(LOOPS):
            loops[parent].append(text)
    inner = [text for texts in loops.values() for text in texts[1:]]
    return [text for text in inner if text.startswith("SCAN") and LINES not in text]
