"""What a metric's definition may say, before any SQL is written of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.errors import DefinitionError

EVENTS, SLATES, SESSIONS, ATTRIBUTED = "events", "slates", "sessions", "attributed"
KEYS = {
    EVENTS: {"type", "sum", "subtract", "count", "where", "day", "value", "quantile", "steps"},
    SLATES: {"sum", "where", "day", "value", "quantile"},
    SESSIONS: {"types", "bounced"},
    ATTRIBUTED: set(),
}
# What is counted only once a day of return is over, or from single values, or step by step.
ROWS_ONLY = (SESSIONS, ATTRIBUTED)
LONGEST_DAYS = 365
MOST_STEPS = 8
TYPE = 64  # characters of an event's type


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """What the compiler needs of a metric.

    `window_days`: days that are counted, None for those of the cut; `delay_days`: days after first
    exposure before they begin.
    """

    key: str
    kind: str
    numerator: Mapping[str, Any]
    denominator: Mapping[str, Any] | None = None
    window_days: int | None = None
    delay_days: int = 0

    @property
    def sides(self) -> list[Mapping[str, Any]]:
        """Return the definitions of its sides; raises DefinitionError where one is missing."""
        if self.kind == "ratio" and self.denominator is None:
            raise DefinitionError(f"the ratio {self.key!r} needs a denominator", "denominator")
        return [self.numerator, *([self.denominator] if self.denominator else [])]

    @property
    def day(self) -> int | None:
        """Return the day of return of a retention, None for any other; raises DefinitionError."""
        if self.kind != "retention":
            return None
        return days_in(self.numerator.get("day"), "numerator.day")

    @property
    def q(self) -> float | None:
        """Return the quantile that is asked for, None for any other; raises DefinitionError."""
        if self.kind != "quantile":
            return None
        q = self.numerator.get("quantile")
        if isinstance(q, bool) or not isinstance(q, (int, float)) or not 0 < q < 1:
            raise DefinitionError(
                f"a quantile between 0 and 1 is needed, was {q!r}", "numerator.quantile"
            )
        return float(q)

    @property
    def is_summed(self) -> bool:
        """Tell whether it is a unit's sums, which rollups keep; else only rows can tell it."""
        if self.kind == "quantile":
            return False
        return all("steps" not in s and s.get("source") not in ROWS_ONLY for s in self.sides)

    @property
    def span(self) -> tuple[int, int | None]:
        """Return from which day after first exposure on it counts, and for how many days.

        None: for those of the experiment. A day of return is by itself.
        """
        return (self.delay_days, self.window_days) if self.day is None else (self.day, 1)


def require_known(definition: Mapping[str, Any], field: str) -> str:
    """Return a side's source; raises DefinitionError on an unknown one, and on unknown words."""
    source = definition.get("source")
    if source not in KEYS:
        raise DefinitionError(
            f"a metric needs source and type; source is one of {', '.join(KEYS)}; got"
            f" {dict(definition)}",
            f"{field}.source",
        )
    if strange := sorted(set(map(str, definition)) - KEYS[source] - {"source"}):
        known = ", ".join(sorted(KEYS[source])) or "nothing more"
        raise DefinitionError(
            f"{source} know no {strange[0]!r}; known: {known}", f"{field}.{strange[0]}"
        )
    return str(source)


def event_type(value: Any, field: str) -> str:
    """Return an event's type; raises DefinitionError where it is none."""
    if not isinstance(value, str) or not 0 < len(value) <= TYPE or "\0" in value:
        raise DefinitionError(
            f"a metric needs source and type; the type of an event is a word, was {value!r}", field
        )
    return value


def event_types_in(value: Any, field: str) -> tuple[str, ...]:
    """Return several types of events; raises DefinitionError on none, and on what is none."""
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise DefinitionError(f"a list of event types is needed, was {value!r}", field)
    return tuple(event_type(each, field) for each in value)


def days_in(value: Any, field: str) -> int:
    """Return a number of days, 0 to a year; raises DefinitionError."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LONGEST_DAYS:
        raise DefinitionError(f"a day of 0 to {LONGEST_DAYS} is needed, was {value!r}", field)
    return value


def steps_of(definition: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    """Return a funnel's steps in order; raises DefinitionError on what is no funnel.

    Two steps in a row are of different types: one event is never both.
    """
    steps = definition["steps"]
    if not isinstance(steps, list) or not 2 <= len(steps) <= MOST_STEPS:
        raise DefinitionError(f"a funnel has 2 to {MOST_STEPS} steps, was {steps!r}", field)
    types = []
    for number, step in enumerate(steps):
        place = f"{field}.{number}"
        if not isinstance(step, Mapping) or set(step) - {"type", "where"}:
            raise DefinitionError(f"a step has a type and may have a where, was {step!r}", place)
        types.append(event_type(step.get("type"), f"{place}.type"))
        if number and types[-2] == types[-1]:
            raise DefinitionError(f"two steps in a row are {types[-1]!r}", f"{place}.type")
    return steps
