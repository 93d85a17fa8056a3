"""What the checks look at: the report's scope and figures, and rows that are read once for all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from analytics.reporting.judging import Comparisons
from analytics.reporting.measuring import Measured
from analytics.reporting.scope import Scope
from analytics.trust.arrivals import Arrivals, in_order, read_arrivals, read_counting
from analytics.trust.sample import Sample, read_sample
from analytics.trust.weights import weights_of
from experiments import selectors as experiment_selectors
from experiments.selectors import SlateCounts


@dataclass
class Facts:
    """One report's data as the checks see them.

    `details`: what the report shows beside its metrics, by name, where it is computed already.
    """

    scope: Scope
    measured: Measured
    comparisons: Comparisons
    details: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def arrivals(self) -> Arrivals:
        """Return who arrived when."""
        return read_arrivals(self.scope)

    @cached_property
    def counting(self) -> Arrivals:
        """Return when those units came that the report counts, by the basis of its analysis."""
        return read_counting(self.scope) if self.scope.is_viewed else self.arrivals

    @cached_property
    def sample(self) -> Sample:
        """Return some of the units that count, with what they were shown and did."""
        return read_sample(self.scope, self.n_units)

    @cached_property
    def served(self) -> dict[int, SlateCounts]:
        """Return how each variant was served."""
        return experiment_selectors.slate_counts(
            experiment_id=self.scope.experiment.pk,
            phase=self.scope.phase,
            until_us=self.scope.until_us,
        )

    @cached_property
    def weights(self) -> list[int]:
        """Return the variants' weights in this phase."""
        return weights_of(self.scope)

    @property
    def variant_ids(self) -> list[int]:
        """Return the variants' ids, in the order of set-up."""
        return [variant.pk for variant in self.scope.variants]

    @property
    def names(self) -> list[str]:
        """Return the variants' names, in the same order."""
        return [variant.name for variant in self.scope.variants]

    @cached_property
    def counts(self) -> list[int]:
        """Return the exposed units that are left out for nothing, by variant in the same order."""
        return in_order(self.arrivals.counted(), self.variant_ids)

    @cached_property
    def units(self) -> list[int]:
        """Return the units that the report counts, by variant in the same order."""
        return in_order(self.counting.counted(), self.variant_ids)

    @property
    def n_units(self) -> int:
        """Return how many exposed units are left out for nothing."""
        return sum(self.counts)
