"""A site's last weeks as plans read them, kept for minutes: one plan is asked with many choices."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from analytics.launch.history import Past, cumulative_units
from analytics.launch.known import Known, know_all
from analytics.launch.traffic import LEAST_UNITS
from analytics.selectors import ChosenMetric

STEP_US = 5 * 60 * 1_000_000  # of the site's clock, by which weeks are read anew
MOST = 64  # readings that a process keeps; each is a few kilobytes

_kept: dict[Hashable, "LastWeeks"] = {}


@dataclass(frozen=True, slots=True)
class LastWeeks:
    """What was read: different units by the end of each day, and what is known of each metric.

    `known`: () where too few units came for a plan.
    """

    past: Past
    seen: tuple[int, ...]
    known: tuple[Known, ...]


def last_weeks(past: Past, metrics: Sequence[ChosenMetric], *, uses_winsor: bool) -> LastWeeks:
    """Return the weeks as read within the last minutes, or read now; writes nothing.

    `past` of the answer says until when. Weeks that say nothing yet are read again each time.
    """
    places = replace(past, until_us=past.until_us // STEP_US)
    key = (places, uses_winsor, tuple(_meaning(each) for each in metrics))
    found = _kept.get(key)
    if found is None:
        found = _read(past, metrics, uses_winsor=uses_winsor)
        if any(not each.missing for each in found.known):
            _keep(key, found)
    return found


def forget() -> None:
    """Forget all weeks that were read."""
    _kept.clear()


def _read(past: Past, metrics: Sequence[ChosenMetric], *, uses_winsor: bool) -> LastWeeks:
    seen = cumulative_units(past)
    is_enough = bool(seen) and seen[-1] >= LEAST_UNITS
    known = know_all(past, metrics, uses_winsor=uses_winsor) if is_enough else ()
    return LastWeeks(past, seen, tuple(known))


def _meaning(chosen: ChosenMetric) -> Hashable:
    """Return all that a metric's row says, and its part in the experiment."""
    fields = chosen.metric._meta.concrete_fields
    row = tuple(str(getattr(chosen.metric, field.attname)) for field in fields)
    return row, chosen.role, chosen.margin, chosen.is_default


def _keep(key: Hashable, weeks: LastWeeks) -> None:
    if len(_kept) >= MOST:
        _kept.clear()
    _kept[key] = weeks
