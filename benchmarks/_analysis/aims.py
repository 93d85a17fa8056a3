"""What is aimed at: ratios of two ways within one repeat, and whether all answered alike."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks._analysis import paths
from benchmarks._analysis.running import Taken

TOLERANCE = 1e-9


@dataclass(frozen=True)
class Aim:
    """A ratio of times, with the most that it may be and what was found in each repeat."""

    text: str
    limit: float
    ratios: tuple[float, ...]

    @property
    def found(self) -> float:
        """Return the median over repeats."""
        return statistics.median(self.ratios)

    @property
    def is_met(self) -> bool:
        """Return whether the median keeps the limit."""
        return self.found <= self.limit


def aims_of(taken: Sequence[Taken]) -> list[Aim]:
    """Return the aims on whole analyses with what was found."""
    wanted = (
        ("DuckDB path, of the bare query's time", paths.OURS, paths.BARE, 1.5),
        ("DuckDB path, of tea-tasting's time", paths.OURS, paths.TEA, 0.65),
        ("PostgreSQL path, of the bare query's time", paths.OURS_PG, paths.BARE_PG, 1.2),
        ("rollup path, of the bare query's time on PostgreSQL", paths.ROLLUPS, paths.BARE_PG, 0.1),
    )
    return [
        Aim(text, limit, _ratios(taken, ours, peer))
        for text, ours, peer, limit in wanted
        if {ours, peer} <= {each.name for each in taken}
    ]


def _ratios(taken: Sequence[Taken], ours: str, peer: str) -> tuple[float, ...]:
    by_name = {each.name: each.seconds for each in taken}
    return tuple(a / b for a, b in zip(by_name[ours], by_name[peer], strict=True))


def require_agreement(taken: Sequence[Taken]) -> None:
    """Raise AssertionError unless all ways gave the same integers, and lifts within 1e-9."""
    sums = {each.name: each.answer["sums"] for each in taken if each.answer.get("sums")}
    first = next(iter(sums.values()))
    for name, found in sums.items():
        if found != first:
            raise AssertionError(f"{name} disagrees: {found} instead of {first}")
    ours = next(each.answer["lifts"] for each in taken if each.name == paths.OURS)
    for each in taken:
        if each.name == paths.TEA:
            _require_lifts(ours, each.answer["lifts"])


def _require_lifts(ours: dict[str, float], theirs: dict[str, float]) -> None:
    pairs = (("revenue_per_unit lift", "revenue lift"), ("ctr lift", "ctr lift"))
    for own, other in pairs:
        if not math.isclose(ours[own], theirs[other], rel_tol=TOLERANCE):
            raise AssertionError(f"{own} is {ours[own]}, of tea-tasting {theirs[other]}")
