"""How far learning has come, as whoever waits hears it."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from recommenders.registry import missing
from recommenders.telling import heard_by, part, tell
from tests.recommenders.data import checkerboard, fitted


@contextmanager
def heard() -> Iterator[list[float]]:
    shares: list[float] = []
    with heard_by(shares.append):
        yield shares


def test_tell__parts_of_parts__come_to_one_in_order() -> None:
    with heard() as shares:
        for outer in range(2):
            with part(outer, 2):
                for inner in range(2):
                    with part(inner, 2):
                        tell(0.5)

    assert shares == pytest.approx([1 / 8, 2 / 8, 3 / 8, 4 / 8, 4 / 8, 5 / 8, 6 / 8, 7 / 8, 1, 1])


def test_tell__nobody_listens__is_no_error() -> None:
    tell(0.5)

    with heard() as shares:
        pass
    tell(0.7)

    assert shares == []


@pytest.mark.parametrize(
    ("name", "chosen", "steps"),
    [
        ("lightfm", {"epochs": 4}, 4),
        ("als", {"iterations": 4}, 4),
        ("hybrid", {"bases": "popularity,ease"}, 4),
        ("stacking", {"bases": "popularity,ease", "folds": 2, "leaf_rows": 2}, 6),
    ],
)
def test_fit__of_what_takes_long__tells_each_step(
    name: str, chosen: dict[str, object], steps: int
) -> None:
    if reason := missing(name):
        pytest.skip(reason)

    with heard() as shares:
        fitted(name, checkerboard(20), settings=chosen)

    assert shares == sorted(shares)
    assert len(np.unique(np.round(shares, 6))) >= steps
    assert shares[-1] == pytest.approx(1)


def test_item_knn__by_blocks__tells_each_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommenders.neighbours.BLOCK", 5)

    with heard() as shares:
        fitted("item_knn", checkerboard(20), settings={"measure": "jaccard"})

    assert shares == pytest.approx([0.25, 0.5, 0.75, 1])
