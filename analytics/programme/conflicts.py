"""Experiments that are under way at the same time and touch each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from analytics.programme.entries import Entry
from experiments.assignment.hashing import BUCKETS
from experiments.lifecycle import Status

LIVE = (Status.SCHEDULED, Status.RUNNING, Status.PAUSED)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two experiments, and how they meet: `same_layer` units are in one of them, never in both.

    `shared`: the part of the units of the smaller one that are in the other too, 0 to 1.
    `same_metric`: the key of the primary metric that both are judged by, else "".
    """

    first: Entry
    second: Entry
    place: str
    same_layer: bool
    shared: float
    same_metric: str


def conflicts_of(entries: Sequence[Entry], primaries: Mapping[int, str]) -> tuple[Conflict, ...]:
    """Return the pairs of one site that are under way and share a layer or units, worst first.

    Layers are hashed apart: of an experiment's units another layer's one has its own share.
    """
    live = [entry for entry in entries if entry.experiment.status in LIVE]
    found = [
        _conflict(*pair, primaries)
        for pair in combinations(live, 2)
        if pair[0].experiment.site_id == pair[1].experiment.site_id
    ]
    return tuple(sorted(found, key=_gravity))


def _conflict(first: Entry, second: Entry, primaries: Mapping[int, str]) -> Conflict:
    one, other = first.experiment, second.experiment
    is_same = one.layer.pk == other.layer.pk
    metrics = {primaries.get(each.pk, "") for each in (one, other)}
    return Conflict(
        first=first,
        second=second,
        place=one.place if one.place == other.place else one.layer.name if is_same else "",
        same_layer=is_same,
        shared=0.0 if is_same else max(_share(first), _share(second)),
        same_metric=metrics.pop() if len(metrics) == 1 else "",
    )


def _share(entry: Entry) -> float:
    """Return the part of its layer's units that an experiment takes."""
    start, stop = entry.buckets or (0, 0)
    return (stop - start) / BUCKETS


def _gravity(conflict: Conflict) -> tuple[bool, bool, float]:
    return conflict.same_layer, not conflict.same_metric, -conflict.shared


def crowded(entries: Sequence[Entry]) -> Iterator[tuple[str, float]]:
    """Yield the layers of which experiments under way ask for more than there is, with the sum."""
    asked: dict[tuple[int, str], float] = {}
    for entry in entries:
        if entry.experiment.status in LIVE:
            layer = entry.experiment.layer
            key = layer.pk, layer.name
            asked[key] = asked.get(key, 0.0) + _share(entry)
    yield from ((name, total) for (_pk, name), total in asked.items() if total > 1)
