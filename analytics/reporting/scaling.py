"""What an effect comes to per day if every unit got the treatment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.queries import DAY_US
from analytics.queries.arrivals import arrived
from analytics.reporting.comparing import Compared
from analytics.reporting.measuring import Measured
from analytics.reporting.scope import Scope
from analytics.selectors import ChosenMetric
from analytics.stats.formats import number, short_percent
from analytics.stats.results import Kind
from experiments.assignment.hashing import BUCKETS
from experiments.models import Allocation


@dataclass(frozen=True, slots=True)
class Pace:
    """How many units came over how many days, and at which share of the traffic; None: unknown.

    `first_us`: from when on the first of them counts. `which`: which units these are, in words.
    """

    n_units: int
    days: float
    share: float | None
    first_us: int
    which: str = ""

    @property
    def per_day(self) -> float:
        """Return the new units of a day at full traffic, as far as the share is known."""
        return self.n_units / self.days / (self.share or 1.0)

    @property
    def words(self) -> str:
        """Return where the number of units a day comes from."""
        days = number(max(1, round(self.days)))
        came = (
            f"{number(self.n_units)} units {self.which}in {days} {'day' if days == '1' else 'days'}"
        )
        if self.share is None:
            return f"{came}, at the experiment's own traffic"
        return f"{came}, at {short_percent(self.share)} of the traffic"


def pace_of(scope: Scope) -> Pace | None:
    """Return how fast the units came that the report counts; None while there is none.

    Of an exploration those that it looks at; by the basis of the analysis from when on they count.
    """
    found = arrived(scope.cut)
    if found.first_us is None or found.last_us is None:
        return None
    days = max(1.0, (found.last_us - found.first_us) / DAY_US)
    lent = Allocation.objects.filter(experiment=scope.experiment).first()
    share = (lent.stop - lent.start) / BUCKETS if lent else None
    which = "that saw a list " if scope.is_viewed else ""
    return Pace(found.n, days, share, found.first_us, which)


def scaled(
    compared: Compared, chosen: ChosenMetric, measured: Measured, scope: Scope, pace: Pace | None
) -> Mapping[str, Any] | None:
    """Return the effect per day at full traffic with its formula in words; None where it has none.

    The difference per unit times the new units of a day; of a ratio, times control's denominator
    per unit too. A share of units becomes a number of units, hence `format`.
    """
    comparison = compared.comparison
    if pace is None or comparison.effect is None or chosen.kind is Kind.QUANTILE:
        return None
    control = measured.of(chosen.metric.key, scope.control.pk)
    per_unit = control.sum_x / control.n if chosen.kind is Kind.RATIO and control.n else 1.0
    times = per_unit * pace.per_day
    low_high = comparison.interval
    return {
        "effect": comparison.effect * times,
        "interval": None
        if low_high is None
        else {"low": low_high.low * times, "high": low_high.high * times},
        "levels": {
            level: [low * times, high * times]
            for level, (low, high) in compared.effect_levels.items()
        },
        "formula": _formula(chosen, per_unit, pace),
        "format": "number" if chosen.metric.format == "percent" else chosen.metric.format,
    }


def _formula(chosen: ChosenMetric, per_unit: float, pace: Pace) -> str:
    counted = f" × {per_unit:,.2f} counted per unit" if chosen.kind is Kind.RATIO else ""
    return (
        f"difference{counted} × {number(round(pace.per_day))} new units a day at full traffic"
        f" ({pace.words})"
    )
