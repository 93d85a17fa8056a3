"""Who arrived when: units by hour, day, variant and kind of traffic, in one pass.

One statement over the exposures of the phase, by the index `exposure_variant`; as many rows come
back as hours times variants, however many units there are.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import Count, F

from analytics.queries.arrivals import HOUR_US, units_by_hour
from analytics.reporting.scope import Scope
from experiments.models import Exposure


@dataclass(frozen=True, slots=True)
class Arrival:
    """So many units that met a variant first in one hour (of UTC, since 1970) and day (local)."""

    hour: int
    day: str
    variant_id: int
    is_multiple: bool
    traffic: str
    n: int

    @property
    def counts(self) -> bool:
        """Tell whether analyses count these units."""
        return not self.is_multiple and not self.traffic


@dataclass(frozen=True, slots=True)
class Arrivals:
    """All units of a phase up to a moment."""

    rows: tuple[Arrival, ...]

    def by_variant(self, which: Callable[[Arrival], bool]) -> Counter[int]:
        """Return how many of the units were in each variant."""
        found: Counter[int] = Counter()
        for row in self.rows:
            if which(row):
                found[row.variant_id] += row.n
        return found

    def counted(self) -> Counter[int]:
        """Return the units that analyses count, by variant."""
        return self.by_variant(lambda row: row.counts)

    def by_day(self) -> dict[str, Counter[int]]:
        """Return the units that count by day and variant, in the order of the days."""
        days: dict[str, Counter[int]] = {}
        for row in self.rows:
            if row.counts:
                days.setdefault(row.day, Counter())[row.variant_id] += row.n
        return dict(sorted(days.items()))

    def by_hour(self) -> dict[int, Counter[int]]:
        """Return the units that count by hour and variant."""
        hours: dict[int, Counter[int]] = {}
        for row in self.rows:
            if row.counts:
                hours.setdefault(row.hour, Counter())[row.variant_id] += row.n
        return hours


def read_arrivals(scope: Scope) -> Arrivals:
    """Return the arrivals of a scope's phase up to its moment."""
    rows = (
        Exposure.objects.filter(
            experiment=scope.experiment, phase=scope.phase, ts_us__lte=scope.until_us
        )
        .annotate(hour=F("ts_us") / HOUR_US)
        .values_list("hour", "day", "variant_id", "is_multiple", "traffic")
        .annotate(n=Count("id"))
        .order_by()
    )
    return Arrivals(tuple(Arrival(*row) for row in rows))


def read_counting(scope: Scope) -> Arrivals:
    """Return the units that the report counts, by when they count from: since they saw a list."""
    found = units_by_hour(scope.cut).items()
    return Arrivals(tuple(Arrival(hour, day, pk, False, "", n) for (hour, day, pk), n in found))


def in_order(counts: Counter[int], variant_ids: Sequence[int]) -> list[int]:
    """Return the counts in the order of the variants."""
    return [counts[variant_id] for variant_id in variant_ids]
