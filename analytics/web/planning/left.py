"""While an experiment runs: what each metric still needs, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.launch.remaining import UNDER_WAY, Remaining, remaining_of
from analytics.stats.formats import number, short_percent
from analytics.stats.planning.duration import NoEnd
from analytics.stats.planning.projection import Projection

REASONS = {
    NoEnd.NO_TRAFFIC: "no end: no new unit came in the last week",
    NoEnd.TOO_LONG: "more than 52 weeks at this pace",
}


@dataclass(frozen=True, slots=True)
class LeftRow:
    """What one metric needs: `days` left, units seen `of` those needed, and what is sought."""

    key: str
    name: str
    sought: str
    days: str
    of: str


@dataclass(frozen=True, slots=True)
class LeftView:
    """What is left of a run: its units, its pace, and each metric's need."""

    units: str
    pace: str
    rows: tuple[LeftRow, ...]


def left_of(
    results: Mapping[str, Any], *, lift: float | None = None, power: float = 0.8
) -> LeftView | None:
    """Return what is left of a run by its newest report, None when it is over or has no unit."""
    if not results or results["status"] not in UNDER_WAY:
        return None
    found = remaining_of(results, lift=lift, power=power)
    first = next((each.projection for each in found if each.projection), None)
    if not found:
        return None
    return LeftView(
        units=number(first.n_units) if first else "",
        pace=number(round(first.new_per_day)) if first else "",
        rows=tuple(_row(each) for each in found),
    )


def primary_left(results: Mapping[str, Any]) -> str:
    """Return in a sentence what the primary metric still needs, "" where nothing is to be told."""
    primary = next((each["key"] for each in results["metrics"] if each["role"] == "primary"), "")
    view = left_of(results)
    row = next((each for each in view.rows if each.key == primary), None) if view else None
    if row is None or not row.of or view is None:
        return ""
    return (
        f"{row.sought[0].upper()}{row.sought[1:]} in {row.name}: {row.days}"
        f" ({row.of}, {view.pace} new ones a day, with the spread seen so far)."
    )


def _row(left: Remaining) -> LeftRow:
    return LeftRow(left.key, left.name, _sought(left), _days(left), _of(left.projection))


def _sought(left: Remaining) -> str:
    if left.sought is None:
        return "no lift is named"
    what = "exclude a loss of" if left.is_guardrail else "find a change of"
    return f"to {what} {short_percent(left.sought)}"


def _days(left: Remaining) -> str:
    found = left.projection
    if left.sought is None:
        return "name the smallest lift that would matter"
    if found is None:
        return "cannot be told yet: nothing varies, or too few units"
    if found.reason is not None:
        return REASONS[found.reason]
    if found.days_missing == 0:
        wait = found.days_left or 0
        return f"enough units; {_count(wait)} to whole weeks" if wait else "enough units"
    is_whole = found.days_left in (None, found.days_missing)
    whole = "" if is_whole else f", {_count(found.days_left or 0)} to whole weeks"
    return f"about {_count(found.days_missing or 0)} more{whole}"


def _of(found: Projection | None) -> str:
    return f"{number(found.n_units)} of {number(found.n_needed)} units" if found else ""


def _count(days: int) -> str:
    return f"{number(days)} {'day' if days == 1 else 'days'}"
