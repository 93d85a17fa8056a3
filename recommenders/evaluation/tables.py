"""From the values of units to rows of a table: pooled over folds, with intervals and p-values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from recommenders.evaluation.comparison import compare, holm
from recommenders.evaluation.definitions import BY_KEY, PRIMARY
from recommenders.evaluation.folds import Fold, Group
from recommenders.evaluation.intervals import bootstrap_intervals
from recommenders.evaluation.judging import Judged
from recommenders.evaluation.results import Contender, Figure, Paired, Row
from recommenders.evaluation.spread import coverage, gini

# Each unit once: what "all" is made of. Those who arrived are the cold ones, asked about again.
KNOWN = (Group.HOT, Group.WARM, Group.COLD)
GROUPS: dict[str, tuple[Group, ...]] = {
    "all": KNOWN,
    **{group.name.lower(): (group,) for group in Group},
}

Mask = NDArray[np.bool_]
Values = NDArray[np.float64]


@dataclass
class Ran:
    """What became of one contender, fold after fold."""

    contender: Contender
    judged: list[Judged] = field(default_factory=list)
    fit_s: list[float] = field(default_factory=list)
    error: str = ""


@dataclass(frozen=True)
class Table:
    """Every contender's values in one group: a unit's are means over the folds it is in.

    `values`: (n_contenders, n_units, n_metrics), NaN where a unit has none; `spread`: coverage and
    Gini index of each contender. The first contender is the baseline.
    """

    names: list[str]
    metrics: list[str]
    values: Values
    spread: list[dict[str, float]]

    def rows(self, group: str, *, seed: int, draws: int) -> list[Row]:
        """Return a row of each contender, with bootstrap intervals of `draws` draws."""
        baseline, *others = self.names
        against = {each.one: each for each in self.pairs([(name, baseline) for name in others])}
        low, high = self._intervals(np.random.default_rng(seed), draws)
        return [
            Row(
                name=name,
                group=group,
                n_units=self.values.shape[1],
                figures=self._figures(place, low[place], high[place]),
                against=against.get(name),
            )
            for place, name in enumerate(self.names)
        ]

    def every_pair(self) -> list[Paired]:
        """Return the comparisons of every two contenders, corrected for how many those are."""
        return self.pairs(list(combinations(self.names, 2)))

    def pairs(self, wanted: Sequence[tuple[str, str]]) -> list[Paired]:
        """Return comparisons by the primary metric, corrected; none of fewer than two units."""
        if self.values.shape[1] < 2:
            return []
        primary = self.values[:, :, self.metrics.index(PRIMARY)]
        of = dict(zip(self.names, primary, strict=True))
        found = [compare(of[one], of[other]) for one, other in wanted]
        corrected = holm([each.p for each in found])
        return [
            Paired(one, other, each.difference, each.low, each.high, each.p, p_adjusted)
            for (one, other), each, p_adjusted in zip(wanted, found, corrected, strict=True)
        ]

    def _intervals(self, rng: np.random.Generator, draws: int) -> Values:
        """Return low and high ends, (2, n_contenders, n_metrics); all share the draws of units."""
        n, n_units, n_metrics = self.values.shape
        flat = self.values.transpose(1, 0, 2).reshape(n_units, n * n_metrics)
        return bootstrap_intervals(flat, rng=rng, draws=draws).reshape(2, n, n_metrics)

    def _figures(self, place: int, low: Values, high: Values) -> dict[str, Figure]:
        means = _means(self.values[place])
        found = {
            metric: Figure(*map(_plain, ends))
            for metric, *ends in zip(self.metrics, means, low, high, strict=True)
        }
        found |= {metric: Figure(_plain(value)) for metric, value in self.spread[place].items()}
        return {key: found[key] for key in BY_KEY}


def table_of(ran: Sequence[Ran], folds: Sequence[Fold], groups: Sequence[Group]) -> Table | None:
    """Return the table of some groups of units, None when nobody is in them."""
    masks = [np.isin(fold.group, groups) for fold in folds]
    asked = [fold.identity[mask] for fold, mask in zip(folds, masks, strict=True)]
    identity, place = np.unique(np.concatenate(asked), return_inverse=True)
    if not len(identity):
        return None
    metrics = list(ran[0].judged[0].values)
    return Table(
        names=[each.contender.name for each in ran],
        metrics=metrics,
        values=np.stack([_pooled(each, masks, place, metrics) for each in ran]),
        spread=[_spread(each, folds, masks) for each in ran],
    )


def _pooled(
    ran: Ran, masks: Sequence[Mask], place: NDArray[np.int64], metrics: Sequence[str]
) -> Values:
    """Return each unit's mean over its folds, (n_units, n_metrics); NaN where it has no value."""
    columns = [
        np.concatenate([each.values[metric][mask] for each, mask in _zipped(ran, masks)])
        for metric in metrics
    ]
    return np.stack([_unit_means(column, place) for column in columns], axis=1)


def _zipped(ran: Ran, masks: Sequence[Mask]) -> list[tuple[Judged, Mask]]:
    return list(zip(ran.judged, masks, strict=True))


def _unit_means(values: Values, place: NDArray[np.int64]) -> Values:
    known = np.isfinite(values)
    n_units = int(place.max()) + 1
    total = np.bincount(place[known], weights=values[known], minlength=n_units)
    count = np.bincount(place[known], minlength=n_units)
    return np.divide(total, count, out=np.full(n_units, np.nan), where=count > 0)


def _means(values: Values) -> Values:
    """Return each column's mean over the units that have a value, NaN where none has."""
    known = np.isfinite(values)
    total, count = np.where(known, values, 0).sum(axis=0), known.sum(axis=0)
    return np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)


def _spread(ran: Ran, folds: Sequence[Fold], masks: Sequence[Mask]) -> dict[str, float]:
    """Return coverage and Gini index, means over the folds that have such units."""
    found = [
        (
            coverage(judged.lists[mask], np.unique(fold.data.item)),
            gini(judged.lists[mask], fold.data.n_items),
        )
        for (judged, mask), fold in zip(_zipped(ran, masks), folds, strict=True)
        if mask.any()
    ]
    covered, uneven = np.mean(found, axis=0)
    return {"coverage": float(covered), "gini": float(uneven)}


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
