"""The engine that statements run on: the database, unless a report was given another one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from analytics.engines.database import DATABASE
from analytics.engines.dialects import Engine, Row

_engine: ContextVar[Engine] = ContextVar("engine", default=DATABASE)


class InUse:
    """Whichever engine is in use where it is asked."""

    @property
    def name(self) -> str:
        """Return the name of that engine."""
        return _engine.get().name

    def rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """Return the statement's rows; raises what that engine raises."""
        return _engine.get().rows(sql, values)


IN_USE = InUse()


def reads_files() -> bool:
    """Tell whether statements read exported days, those among them that were dropped since."""
    return _engine.get() is not DATABASE


@contextmanager
def using(engine: Engine) -> Iterator[Engine]:
    """Let every statement inside run on this engine."""
    token = _engine.set(engine)
    try:
        yield engine
    finally:
        _engine.reset(token)
