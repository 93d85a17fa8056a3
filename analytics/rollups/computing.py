"""A few units' sums from their rows, by the same SQL that a report without rollups uses."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from analytics.queries import HISTORY_DAYS, Terms
from analytics.queries.few import (
    Sums,
    event_sums_of,
    exposed_among,
    places,
    slate_sums_of,
    within,
)
from analytics.queries.units import Span
from analytics.rollups.plans import Plan

# What is kept of a unit: variant id, then numerator and denominator in its window and before.
Row = tuple[int, int, int, int, int]
Key = tuple[int, str]  # metric id, unit id


@dataclass(frozen=True, slots=True)
class Found:
    """The terms' sums by unit: over events, in the window and once more before; over slates."""

    events: Sums
    slates: Sums


def rows_of(plan: Plan, units: Sequence[str]) -> dict[Key, Row]:
    """Return the rows that these units have now; those of nothing but zeros are left out."""
    exposed = exposed_among(replace(plan.cut, units=tuple(units))) if units else {}
    if not exposed:
        return {}
    terms = Terms()
    sides = [terms.places(metric) for metric in plan.metrics]
    found = _find(plan, terms, exposed)
    reader = _Reader(terms, found)
    return {
        (state.metric_id, unit): (variant_id, *sums)
        for state, places_ in zip(plan.states, sides, strict=True)
        for unit, sums in reader.of_all(exposed, places_)
        for variant_id, _t0 in (exposed[unit],)
    }


def _find(plan: Plan, terms: Terms, exposed: Mapping[str, tuple[int, int]]) -> Found:
    cut = replace(plan.cut, units=tuple(exposed))
    times = [t0 for _variant_id, t0 in exposed.values()]
    window, whole = (
        within(span, min(times), max(times))
        for span in (Span(0, cut.window_days), Span(-HISTORY_DAYS, cut.window_days))
    )
    has_events, has_slates = bool(terms.of("events")), bool(terms.of("slates"))
    return Found(
        events=event_sums_of(terms, plan.types, cut, whole) if has_events else {},
        slates=slate_sums_of(terms, cut, window) if has_slates else {},
    )


class _Reader:
    """Reads a metric's two sides out of the terms' sums."""

    def __init__(self, terms: Terms, found: Found) -> None:
        self._events, self._slates = places(terms.of("events")), places(terms.of("slates"))
        self._found = found

    def of_all(
        self, units: Mapping[str, object], sides: Sequence[int]
    ) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
        """Yield the units with any sum that is not zero, and their sums."""
        y, pre_y = self._columns(sides[0])
        x, pre_x = self._columns(sides[1]) if len(sides) > 1 else ({}, {})
        for unit in units:
            sums = (y.get(unit, 0), x.get(unit, 0), pre_y.get(unit, 0), pre_x.get(unit, 0))
            if any(sums):
                yield unit, sums

    def _columns(self, side: int) -> tuple[dict[str, int], dict[str, int]]:
        """Return a term's values by unit, in the window and before."""
        if side in self._slates:
            # Before its first exposure nothing was shown to a unit in this phase.
            return _column(self._found.slates, self._slates[side]), {}
        index = self._events[side]
        before = index + len(self._events)
        return _column(self._found.events, index), _column(self._found.events, before)


def _column(sums: Sums, index: int) -> dict[str, int]:
    return {unit: values[index] for unit, values in sums.items()}
