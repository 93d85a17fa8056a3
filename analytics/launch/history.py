"""What metrics did in a site's last four weeks, of whoever was served, and how many units came."""

from dataclasses import dataclass, replace
from itertools import accumulate

from analytics.engines.current import IN_USE
from analytics.models import Metric
from analytics.queries import (
    DAY_US,
    Cut,
    compile_values,
    run_values,
)
from analytics.queries.units import exposed
from analytics.queries.visits import VARIANT, Visits
from analytics.reporting.scope import data_cut_us
from analytics.selectors import query_of
from analytics.stats.value_counts import ValueCounts
from experiments.models import Experiment

DAYS = 28


@dataclass(frozen=True, slots=True)
class Past:
    """Which rows are looked at: units that were at a placement, and what they did afterwards.

    `placement`: "" for all of the site's. A unit is seen from its first list in the period on,
    for `window_days`, as one of an experiment is from its first exposure on. `whole_days`: only
    units of whom so many days lie in the period.
    """

    site_id: int
    placement: str
    unit_type: str
    window_days: int
    until_us: int
    count_unverified: bool = True
    days: int = DAYS
    whole_days: int = 0

    @classmethod
    def of(cls, experiment: Experiment) -> "Past":
        """Return the four weeks before now, or before a simulated site's latest row."""
        return cls(
            site_id=experiment.site_id,
            placement=experiment.placement.key if experiment.placement else "",
            unit_type=experiment.unit_type,
            window_days=experiment.window_days,
            until_us=data_cut_us(experiment),
            count_unverified=experiment.site.count_unverified,
        )

    @property
    def from_us(self) -> int:
        """Return where the period begins."""
        return self.until_us - self.days * DAY_US

    @property
    def cut(self) -> Cut:
        """Return the period as statements look at it: units by what they were served."""
        last_us = self.until_us - self.whole_days * DAY_US
        return Cut(
            site_id=self.site_id,
            experiment_id=0,
            phase=0,
            unit_type=self.unit_type,
            window_days=self.window_days,
            until_us=self.until_us,
            count_unverified=self.count_unverified,
            visits=Visits(self.placement, self.from_us, last_us),
        )

    def whole(self, days: int) -> "Past":
        """Return a period as long, of units of whom so many days lie between it and its end."""
        return replace(self, days=self.days + days, whole_days=days)


def values_of(past: Past, metric: Metric) -> ValueCounts:
    """Return how many units of the period have which numerator."""
    found = run_values(compile_values(query_of(metric), past.cut))
    return found.get(VARIANT, ValueCounts.from_counts({}))


def cumulative_units(past: Past) -> tuple[int, ...]:
    """Return the different units seen by the end of each day, from the first day with any on."""
    text, values = exposed(past.cut)
    sql = f"WITH {text} SELECT (t0 - %s) / {DAY_US}, COUNT(*) FROM f GROUP BY 1"  # noqa: S608
    new = {int(day): int(n) for day, n in IN_USE.rows(sql, [*values, past.from_us])}
    if not new:
        return ()
    last = past.days - 1  # what came at the very end belongs to the last day
    units = [new.get(day, 0) for day in range(min(new), last)]
    ends = sum(n for day, n in new.items() if day >= last)
    return tuple(accumulate([*units, ends]))
