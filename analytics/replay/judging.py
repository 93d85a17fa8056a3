"""Each split as a report would see it: measured, compared, corrected, its split checked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from analytics.replay.splitting import Places, Split, SumsByVariant, quantiles_of, seed_of
from analytics.replay.values import UnitValues, judged_query
from analytics.reporting.comparing import Compared, Place
from analytics.reporting.judging import compare_fully
from analytics.reporting.measuring import ROWS, Measured
from analytics.reporting.scope import Scope
from analytics.stats.compare import reference_of
from analytics.stats.exact_samples import ExactSample
from analytics.stats.results import Comparison, Monitoring
from analytics.trust.split import judge_split
from analytics.trust.weights import weights_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Judged:
    """One split: its seed, the units of each variant, the p-value of their split, and comparisons.

    `is_alarm`: whether that p-value calls the split broken, as a report does.
    """

    seed: str
    units: tuple[int, ...]
    split_p: float | None
    is_alarm: bool
    compared: dict[Place, Compared]
    measured: Measured


@dataclass(slots=True)
class Judge:
    """Judges splits of the same units, one after another."""

    scope: Scope
    values: UnitValues
    split: Split
    _sums: list[SumsByVariant] = field(default_factory=list)
    _weights: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Prepare what all splits share."""
        self._sums = [SumsByVariant(each) for each in self.values.sums]
        self._weights = weights_of(self.scope)

    def splits(self, numbers: Sequence[int], seed: int) -> Iterator[Judged]:
        """Yield the splits of these numbers, judged."""
        for number in numbers:
            yield self.judge(seed_of(self.scope.experiment.key, seed, number))

    def judge(self, seed: str) -> Judged:
        """Return one split as its report would be."""
        places = self.split(seed)
        n_variants = len(self.scope.variants)
        counts = np.bincount(places[places >= 0], minlength=n_variants).tolist()
        check = judge_split(counts, self._weights, has_ended=self.scope.has_ended)
        measured = self.measured(places)
        return Judged(
            seed=seed,
            units=tuple(counts),
            split_p=check.p_value,
            is_alarm=check.p_value is not None and check.p_value < check.threshold,
            compared=compare_fully(self.scope, measured),
            measured=measured,
        )

    def measured(self, places: Places) -> Measured:
        """Return the sums of all metrics, as `reporting.measuring` has them of rows."""
        found = Measured(caps=dict(self.values.caps))
        samples: dict[str, dict[int, ExactSample]] = {}
        for sums in self._sums:
            samples |= sums.samples(places, len(self.scope.variants))
        for chosen in self.scope.metrics:
            key = chosen.metric.key
            if key in samples:
                judged = judged_query(self.scope, chosen, self.values.caps)
                found.add(key, self._by_id(samples[key]), self._by_id(samples[judged.key]))
                found.sources[key] = ROWS
        self._add_quantiles(found, places)
        return found

    def _add_quantiles(self, found: Measured, places: Places) -> None:
        alpha = self.scope.choices.alpha
        for singles in self.values.singles:
            n_variants = len(self.scope.variants)
            estimated = quantiles_of(singles, places, n_variants, alpha=alpha)
            found.quantiles[singles.query.key] = self._by_id(estimated.estimates)
            found.moments[singles.query.key] = self._by_id(estimated.shares)

    def _by_id(self, by_place: dict[int, T]) -> dict[int, T]:
        return {self.scope.variants[place].pk: each for place, each in by_place.items()}


def single_look(comparison: Comparison) -> float | None:
    """Return the p-value of the same estimates looked at once; None where there is no test.

    An always-valid one is never uniform: it leaves room for looks that are still to come. Whether
    the estimate and its error are right is seen in what a single look makes of them.
    """
    if comparison.monitoring is Monitoring.FIXED or comparison.statistic is None:
        return comparison.p_value
    once = replace(comparison, monitoring=Monitoring.FIXED)
    return reference_of(once).p_value(comparison.statistic)
