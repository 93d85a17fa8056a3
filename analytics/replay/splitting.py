"""One split of the past: every unit's variant by the real hash, and exact sums by variant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analytics.queries.decoding import sample_of
from analytics.queries.definitions import MetricQuery
from analytics.replay.history import Entered
from analytics.replay.values import SingleValues, UnitSums, Whole
from analytics.stats.exact_samples import ExactSample
from analytics.stats.moments import Moments
from analytics.stats.quantiles import QuantileEstimate, quantile_estimate
from analytics.stats.value_counts import ValueCounts
from experiments.assignment.assign import Experiments
from experiments.assignment.bulk import decide_units
from experiments.assignment.specs import ExperimentSpec

Places = NDArray[np.int16]  # of each unit's variant among those of the experiment
# Takes the seed of an experiment, and says into which variant each unit falls.
Split = Callable[[str], Places]

EXACT = 2.0**53  # below it a float is every whole number
HALF = 1 << 26


@dataclass(frozen=True)
class Hashed:
    """The real assignment of units that have entered, by any seed of the experiment."""

    units: Entered
    spec: ExperimentSpec
    experiments: Experiments = field(default_factory=dict)

    def __call__(self, seed: str) -> Places:
        """Return the place of each unit's variant; NO_VARIANT for one that the seed leaves out."""
        decided = decide_units(
            replace(self.spec, seed=seed),
            self.units.ids,
            eligible=self._all,
            experiments=self.experiments,
        )
        return decided.variants

    @cached_property
    def _all(self) -> NDArray[np.bool_]:
        return np.ones(len(self.units), np.bool_)


def seed_of(experiment_key: str, seed: int, number: int) -> str:
    """Return the seed of a split: of its own for each, and the same whenever it is asked for.

    >>> seed_of("home", 1, 3)
    'aa:home:1:3'
    """
    return f"aa:{experiment_key}:{seed}:{number}"


class SumsByVariant:
    """Sums a statement's numbers by variant, exactly, as often as it is asked."""

    def __init__(self, sums: UnitSums) -> None:
        """Cut numbers in two whose sum no float would hold."""
        self._sums = sums
        largest = np.abs(sums.numbers.astype(np.float64)).sum(axis=1)
        self._parts = [
            _in_two(row) if size >= EXACT else [(1, row.astype(np.float64))]
            for row, size in zip(sums.numbers, largest, strict=True)
        ]

    def samples(self, places: Places, n_variants: int) -> dict[str, dict[int, ExactSample]]:
        """Return each query's sums by the place of the variant; those without units are absent."""
        at = places.astype(np.intp) + 1  # who is in none comes first, and is left out
        counts = np.bincount(at, minlength=n_variants + 1)[1:]
        totals = [_total(parts, at, n_variants) for parts in self._parts]
        rows = [[int(counts[v]), *(total[v] for total in totals)] for v in range(n_variants)]
        pairs = zip(self._sums.queries, self._sums.columns, strict=True)
        return {
            query.key: {
                place: sample
                for place, row in enumerate(rows)
                if (sample := sample_of(columns, row)).n
            }
            for query, columns in pairs
        }


def _in_two(row: Whole) -> list[tuple[int, NDArray[np.float64]]]:
    high, low = np.divmod(row, HALF)
    return [(HALF, high.astype(np.float64)), (1, low.astype(np.float64))]


def _total(
    parts: Sequence[tuple[int, NDArray[np.float64]]], at: NDArray[np.intp], n_variants: int
) -> list[int]:
    totals = [0] * n_variants
    for weight, row in parts:
        summed = np.bincount(at, weights=row, minlength=n_variants + 1)[1:]
        totals = [total + weight * int(each) for total, each in zip(totals, summed, strict=True)]
    return totals


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A quantile metric's estimates in one split, and how units share the values below each."""

    query: MetricQuery
    estimates: dict[int, QuantileEstimate]
    shares: dict[int, Moments]


def quantiles_of(
    singles: SingleValues, places: Places, n_variants: int, *, alpha: float
) -> Quantiles:
    """Return the estimates by the place of the variant; of variants without any value none."""
    found = Quantiles(singles.query, {}, {})
    counts = np.bincount(places[places >= 0], minlength=n_variants)
    owners = places[singles.units]
    for place in range(n_variants):
        own = owners == place
        if own.any():
            _add_quantile(found, singles, own, place, int(counts[place]), alpha)
    return found


def _add_quantile(
    found: Quantiles,
    singles: SingleValues,
    own: NDArray[np.bool_],
    place: int,
    n_units: int,
    alpha: float,
) -> None:
    q = singles.query.q or 0.0
    values = ValueCounts.from_values(singles.values[own])
    at = int(values.quantile(q) or 0)
    present = np.bincount(singles.units[own])
    below = np.bincount(singles.units[own & (singles.values <= at)], minlength=len(present))
    shares = Moments(
        n_units,
        int(below.sum()),
        int((below * below).sum()),
        int(present.sum()),
        int((present * present).sum()),
        int((below * present).sum()),
    )
    found.shares[place] = shares
    found.estimates[place] = quantile_estimate(values, q, shares=shares, alpha=alpha)
