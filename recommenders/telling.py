"""How far learning has come: told by whoever learns, heard by whoever waits for it.

An algorithm need not take part: who asks may then hear nothing between the beginning and the end.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Hear = Callable[[float], None]


def _nobody(_share: float) -> None:
    """Hear nothing."""


_ear: ContextVar[Hear] = ContextVar("ear", default=_nobody)


def tell(share: float) -> None:
    """Say what share of the work in hand is done, 0 to 1."""
    _ear.get()(share)


@contextmanager
def heard_by(hear: Hear) -> Iterator[None]:
    """Let `hear` be called with each share that is told within the block."""
    before = _ear.set(hear)
    try:
        yield
    finally:
        _ear.reset(before)


@contextmanager
def part(index: int, of: int) -> Iterator[None]:
    """Let what is told within be one of several equal parts of the work; tell its end.

    >>> heard: list[float] = []
    >>> with heard_by(heard.append):
    ...     with part(0, 2):
    ...         tell(0.5)
    >>> heard
    [0.25, 0.5]
    """
    outer = _ear.get()
    with heard_by(lambda share: outer((index + share) / of)):
        yield
    outer((index + 1) / of)
