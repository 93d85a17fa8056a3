"""What is aimed at: ratios of two cases of one run, with their limits."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks._recommenders import asking, training
from config.bench import Report


@dataclass(frozen=True)
class Aim:
    """The time of `ours` over that of `peer`, or the other way round where it says how much faster.

    `limit`: the most that it may be; where `is_least`, the least.
    """

    text: str
    ours: str
    peer: str
    limit: float
    is_least: bool = False

    def is_met(self, ratio: float) -> bool:
        """Return whether a ratio keeps the limit."""
        return ratio >= self.limit if self.is_least else ratio <= self.limit


@dataclass(frozen=True)
class Found:
    """An aim with what was found: the median over repeats, each within one, and the extremes."""

    aim: Aim
    ratio: float
    low: float
    high: float


AIMS = (
    Aim("item neighbours, of implicit's time", training.OURS_COSINE, training.BARE_COSINE, 2.0),
    Aim(
        "the same by Jaccard, of implicit's time by cosine",
        training.OURS_JACCARD,
        training.BARE_COSINE,
        2.0,
    ),
    Aim("one list, of numpy's time", asking.OURS, asking.PLAIN, 1.3),
    Aim("one list, of implicit's time", asking.OURS, asking.IMPLICIT, 1.1),
    Aim("one list, times as fast as LightFM.predict", asking.OURS, asking.LIGHTFM, 5.0, True),
    Aim("blocks, times as fast as numpy", asking.OURS_BLOCK, asking.PLAIN_BLOCK, 0.7, True),
)
WRAPPING = Aim("LightFM wrapped, of the time its engine takes in it", "", "", 1.05)


AFTER_AN_ACT = Aim("the slowest list from an act on, in seconds", "", "", 1.0)
STOOD_IN = Aim("the slowest list of who stands in, in seconds", "", "", 1.0)


def found_in(report: Report) -> list[Found]:
    """Return the aims whose two cases a report has."""
    times = {figure.name: figure.per_repeat_us for figure in report.figures}
    return [
        found_of(aim, _ratios(times[aim.ours], times[aim.peer], is_speed=aim.is_least))
        for aim in AIMS
        if aim.ours in times and aim.peer in times
    ]


def _ratios(ours: Sequence[float], peer: Sequence[float], *, is_speed: bool) -> list[float]:
    divide: Callable[[float, float], float] = lambda a, b: b / a if is_speed else a / b  # noqa: E731
    return [divide(a, b) for a, b in zip(ours, peer, strict=True)]


def found_of(aim: Aim, ratios: Sequence[float]) -> Found:
    """Return what ratios, one a repeat, say of an aim."""
    return Found(aim, statistics.median(ratios), min(ratios), max(ratios))
