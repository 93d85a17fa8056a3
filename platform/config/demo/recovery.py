"""The report beside the truth: did the interval hold the lift that was planted?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analytics.models import Analysis
from config.simulation.truth import TrueValue


@dataclass(frozen=True, slots=True)
class Recovered:
    """One lift of one treatment as the report saw it, and as it is. Lifts are fractions."""

    metric: str
    treatment: str
    lift: float | None
    low: float | None
    high: float | None
    true_lift: float
    true_error: float

    @property
    def is_inside(self) -> bool:
        """Return whether the interval holds the true lift; an interval that is absent does not."""
        if self.low is None or self.high is None:
            return False
        return self.low <= self.true_lift <= self.high


def compare(analysis: Analysis, truth: Sequence[TrueValue]) -> Iterator[Recovered]:
    """Yield every lift that both the report and the truth know."""
    known = {(one.metric, one.variant): one for one in truth if one.lift is not None}
    for metric in (analysis.results or {})["metrics"]:
        for treatment, found in metric["comparisons"].items():
            one = known.get((metric["key"], treatment))
            if one is None or one.lift is None:
                continue
            span = found["lift_interval"] or {}
            yield Recovered(
                metric=metric["key"],
                treatment=treatment,
                lift=found["lift"],
                low=span.get("low"),
                high=span.get("high"),
                true_lift=one.lift,
                true_error=one.lift_error or 0.0,
            )
