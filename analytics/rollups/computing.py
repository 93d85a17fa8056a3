"""A few units' sums from their rows, by the same SQL that a report without rollups uses."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analytics.queries import HISTORY_DAYS, Terms
from analytics.queries.few import (
    Exposed,
    Sums,
    Units,
    event_sums_of,
    exposed_among,
    places,
    slate_sums_of,
)
from analytics.rollups.plans import Plan

# What is kept of a unit: variant id, then numerator and denominator in its window and before.
Row = tuple[int, int, int, int, int]
Key = tuple[int, str]  # metric id, unit id

NEVER_US = -(2**62)  # earlier than any row


@dataclass(frozen=True, slots=True)
class Kept:
    """Stored rows that were right until now; a unit without one had nothing but zeros.

    `changed_us`: by unit, the moment before which none of its rows changed meanwhile. A unit that
    it does not name is read anew.
    """

    rows: Mapping[Key, Row] = field(default_factory=dict)
    changed_us: Mapping[str, int] = field(default_factory=dict)

    def knows_history(self, unit: str, exposure: Exposed) -> bool:
        """Tell whether the sums before the unit's first exposure are still what they were."""
        return self.changed_us.get(unit, NEVER_US) >= exposure.t0

    def history(self, key: Key) -> tuple[int, int]:
        """Return numerator and denominator before first exposure."""
        row = self.rows.get(key)
        return row[3:] if row else (0, 0)


@dataclass(frozen=True, slots=True)
class Found:
    """What the rows say: the terms' sums by unit, over events and over slates.

    `has_history`: the units of which the sums over events follow once more for the time before.
    """

    events: Sums
    slates: Sums
    has_history: Units


def rows_of(plan: Plan, units: Sequence[str], kept: Kept = Kept()) -> dict[Key, Row]:
    """Return the rows that these units have now; those of nothing but zeros are left out.

    Of the time before a unit's exposure the events are read only where `kept` does not know it.
    """
    exposed = exposed_among(replace(plan.cut, units=tuple(units))) if units else {}
    if not exposed:
        return {}
    terms = Terms()
    sides = [terms.places(metric) for metric in plan.metrics]
    reader = _Reader(terms, _find(plan, terms, exposed, kept), kept)
    return {
        (state.metric_id, unit): (exposed[unit].variant_id, *sums)
        for state, places_ in zip(plan.states, sides, strict=True)
        for unit, sums in reader.of_all(exposed, state.metric_id, places_)
    }


def _find(plan: Plan, terms: Terms, exposed: Units, kept: Kept) -> Found:
    anew = {unit: each for unit, each in exposed.items() if not kept.knows_history(unit, each)}
    others = {unit: each for unit, each in exposed.items() if unit not in anew}
    events: Sums = {}
    if terms.of("events"):
        read = (terms, plan.types, plan.cut)
        events = event_sums_of(*read, anew, history_days=HISTORY_DAYS)
        events |= event_sums_of(*read, others)
    slates = slate_sums_of(terms, plan.cut, exposed) if terms.of("slates") else {}
    return Found(events, slates, anew)


class _Reader:
    """Reads a metric's two sides out of the terms' sums."""

    def __init__(self, terms: Terms, found: Found, kept: Kept) -> None:
        self._events, self._slates = places(terms.of("events")), places(terms.of("slates"))
        self._found, self._kept = found, kept

    def of_all(
        self, units: Units, metric_id: int, sides: Sequence[int]
    ) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
        """Yield the units with any sum that is not zero, and their sums."""
        y, pre_y = self._columns(sides[0])
        x, pre_x = self._columns(sides[1]) if len(sides) > 1 else ({}, {})
        for unit in units:
            before = (pre_y.get(unit, 0), pre_x.get(unit, 0))
            if unit not in self._found.has_history:
                before = self._kept.history((metric_id, unit))
            sums = (y.get(unit, 0), x.get(unit, 0), *before)
            if any(sums):
                yield unit, sums

    def _columns(self, side: int) -> tuple[dict[str, int], dict[str, int]]:
        """Return a term's values by unit, in the window and, where it was read, before."""
        if side in self._slates:
            # Before its first exposure nothing was shown to a unit in this phase.
            return _column(self._found.slates, self._slates[side]), {}
        index, sums = self._events[side], self._found.events
        read = {unit: sums[unit] for unit in self._found.has_history if unit in sums}
        return _column(sums, index), _column(read, index + len(self._events))


def _column(sums: Sums, index: int) -> dict[str, int]:
    return {unit: values[index] for unit, values in sums.items()}
