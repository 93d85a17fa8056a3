"""An estimate with its range, stated as the reader chose: relative, absolute or per day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.stats.formats import ValueFormat
from analytics.web.charts import Axis, Tick
from analytics.web.choices import Choice
from analytics.web.texts import lift_range, lift_text, value_range, value_text

USUAL = "95"
MARGIN = 1.15  # of the furthest end: its cap must not touch the edge


@dataclass(frozen=True, slots=True)
class Span:
    """Estimate and range as numbers, and as they are written."""

    point: float
    low: float
    high: float
    text: str
    range: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What a row says where it has no range to draw: the estimate alone, and why."""

    text: str
    range: str
    span: Span | None


def stated(compared: Mapping[str, Any], form: ValueFormat, choice: Choice) -> Stated:
    """Return the chosen effect of a comparison with its range at the chosen level."""
    match choice.effect:
        case "absolute":
            ends = _ends(compared, "effect_levels", "interval", choice.level)
            return _in_units(compared.get("effect"), ends, form)
        case "scaled":
            return _scaled(compared.get("scaled") or {}, form, choice.level)
    ends = lift_ends(compared, choice.level)
    point = compared["lift"]
    if point is None and compared.get("effect") is None:
        return Stated(lift_text(None), "", None)
    written = Stated(lift_text(point, _named(ends)), lift_range(_named(ends)), None)
    return _with_span(written, point, ends)


def lift_ends(compared: Mapping[str, Any], level: str) -> tuple[float, float] | None:
    """Return both ends of a lift's range at a level, None where there is no such range."""
    return _ends(compared, "levels", "lift_interval", level)


def _scaled(scaled: Mapping[str, Any], form: ValueFormat, level: str) -> Stated:
    """Return the effect per day at full traffic."""
    ends = _ends(scaled, "levels", "interval", level)
    return _in_units(scaled.get("effect"), ends, form)


def _in_units(point: float | None, ends: tuple[float, float] | None, form: ValueFormat) -> Stated:
    written = value_text(form, point, is_signed=True)
    return _with_span(Stated(written, value_range(form, _named(ends)), None), point, ends)


def _with_span(written: Stated, point: float | None, ends: tuple[float, float] | None) -> Stated:
    if point is None or ends is None:
        return written
    span = Span(point, *ends, text=written.text, range=written.range)
    return Stated(written.text, written.range, span)


def _ends(
    holder: Mapping[str, Any], levels: str, usual: str, level: str
) -> tuple[float, float] | None:
    """Return low and high at a level; a report of before there were levels has the usual one."""
    found = (holder.get(levels) or {}).get(level)
    if found:
        return found[0], found[1]
    span = holder.get(usual) if level == USUAL else None
    return (span["low"], span["high"]) if span else None


def _named(ends: tuple[float, float] | None) -> dict[str, float] | None:
    return {"low": ends[0], "high": ends[1]} if ends else None


def own_axis(spans: Sequence[Span]) -> Axis:
    """Return an axis for these alone, zero in its middle; its only line is zero."""
    furthest = max((abs(end) for span in spans for end in (span.low, span.high)), default=0.0)
    reach = (furthest or 1.0) * MARGIN
    return Axis(-reach, reach, (Tick("50.00%", "0", is_zero=True),))


def reading_of(choice: Choice) -> str:
    """Return what the ranges of a table state, in words."""
    words = {
        "relative": "relative to control",
        "absolute": "in the metric’s own unit",
        "scaled": "per day at full traffic",
    }
    return words[choice.effect]
