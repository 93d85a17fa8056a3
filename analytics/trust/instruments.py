"""Whether exposures and events kept coming: no hour without any, and no variant without."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise

from analytics.queries import DAY_US
from analytics.queries.arrivals import HOUR_US
from analytics.stats.formats import number
from analytics.trust.facts import Facts
from analytics.trust.finding import Cell, Finding, State, Table, unknown
from analytics.trust.gaps import DUE, Silence, holes, silences
from experiments.clock import EPOCH, MICROSECOND, microseconds, zone

CODE = "instrument_gaps"
BLOCK_HOURS, BLOCK_SHARE = 24, 0.05  # of the run without any data: too much to be read over
MOST_ROWS = 40
Hours = Mapping[int, Counter[int]]

SILENT_CAUSES = (
    "the variant stopped logging: a release, a blocked script, an error on its page",
    "the variant stopped being served: its recommender or its page fails",
)
HOLE_CAUSES = (
    "the storefront or its connection was down",
    "a release removed the call or the key was revoked",
    "the events of these hours are still on their way",
)
RESTART = "Do not read results; mend the logging, then restart as a new phase."
LOOK = "Find out what happened in these hours; send what was kept, it still counts."


def check_instruments(facts: Facts) -> Iterator[Finding]:
    """Yield the finding about gaps in exposures (of all units) and events (of the sample)."""
    exposures, events = facts.arrivals.by_hour(), _events_by_hour(facts)
    if not _is_enough(exposures) and not _is_enough(events):
        evidence = f"No hour or variant is due {DUE:g} units or events: nothing can be missed."
        yield unknown(CODE, "Gaps cannot be told yet.", evidence)
        return
    first, stop = _period(facts, exposures)
    out = _hours_out(facts)
    found = {
        "exposures": _found(exposures, first, stop, out),
        # Days of events that were dropped since are no gap: they are looked at from their first on.
        "events": _found(events, min(events, default=stop) + 1, stop, out),
    }
    yield _finding(facts, found, stop - first)


def _found(seen: Hours, first: int, stop: int, out: frozenset[int]) -> list[Silence]:
    total: Counter[int] = sum(seen.values(), Counter())
    shares = {pk: n / total.total() for pk, n in total.items()}
    counts = {hour: counter.total() for hour, counter in seen.items()}
    last = min(stop, max(seen, default=stop) + 1)
    return [*holes(counts, first, stop, out), *silences(seen, shares, last)]


def _is_enough(seen: Hours) -> bool:
    return sum(counts.total() for counts in seen.values()) >= 2 * DUE


def _events_by_hour(facts: Facts) -> dict[int, Counter[int]]:
    """Return each unit's first event of each day: what comes in bursts would look like chance."""
    hours: dict[int, Counter[int]] = {}
    seen: set[tuple[str, int]] = set()
    for each in sorted(facts.sample.done, key=lambda each: each.ts_us):
        if (key := (each.unit_id, each.ts_us // DAY_US)) in seen:
            continue
        seen.add(key)
        variant_id = facts.sample.units[each.unit_id].variant_id
        hours.setdefault(each.ts_us // HOUR_US, Counter())[variant_id] += 1
    return hours


def _period(facts: Facts, exposures: Hours) -> tuple[int, int]:
    """Return the whole hours from the first exposure to the end of enrolment or the cut."""
    ends = [facts.scope.until_us]
    experiment = facts.scope.experiment
    ends += [microseconds(at) for at in (experiment.ended_at, experiment.enrolment_closed_at) if at]
    return min(exposures) + 1, min(ends) // HOUR_US


def _hours_out(facts: Facts) -> frozenset[int]:
    """Return the hours in which the experiment did not run, or was about to change."""
    changes = list(facts.scope.experiment.status_changes.values_list("to_status", "at"))
    out: set[int] = set()
    for (status, at), (_next, until) in pairwise(changes):
        if status == "paused":
            out.update(range(_hour(at), _hour(until) + 1))
    return frozenset(out)


def _hour(at: datetime) -> int:
    return microseconds(at) // HOUR_US


def _finding(facts: Facts, found: Mapping[str, list[Silence]], hours: int) -> Finding:
    all_found = [(what, each) for what, gaps in found.items() for each in gaps]
    silent = [(what, each) for what, each in all_found if each.variant_id is not None]
    lost = sum(each.hours for _what, each in all_found if each.variant_id is None)
    is_bad = bool(silent) or lost >= BLOCK_HOURS or (lost > 0 and lost >= BLOCK_SHARE * hours)
    state = State.BAD if is_bad else State.WARN if lost else State.GOOD
    return Finding(
        CODE,
        state,
        _claim(facts, silent, lost),
        f"{number(hours)} hours looked at; a gap is told where {DUE:g} were due and none came.",
        () if state is State.GOOD else SILENT_CAUSES if silent else HOLE_CAUSES,
        {State.BAD: RESTART, State.WARN: LOOK}.get(state, ""),
        _table(facts, all_found),
    )


def _claim(facts: Facts, silent: list[tuple[str, Silence]], lost: int) -> str:
    if silent:
        what, longest = max(silent, key=lambda each: each[1].due)
        name = next(v.name for v in facts.scope.variants if v.pk == longest.variant_id)
        return f"{name} had no {what} for {number(longest.hours)} h while the others had."
    if lost:
        return f"In {number(lost)} h nothing came although something usually does."
    return "Exposures and events came in every hour in which they were due."


def _table(facts: Facts, found: list[tuple[str, Silence]]) -> Table:
    names = {variant.pk: variant.name for variant in facts.scope.variants}
    rows: list[tuple[Cell, ...]] = [
        (
            what,
            "all" if each.variant_id is None else names[each.variant_id],
            _time(facts, each.first),
            each.hours,
            round(each.due),
        )
        for what, each in found
    ]
    return Table(("Missing", "Variant", "From", "Hours", "Due"), tuple(rows[:MOST_ROWS]))


def _time(facts: Facts, hour: int) -> str:
    at = EPOCH + hour * HOUR_US * MICROSECOND
    return at.astimezone(zone(facts.scope.experiment.site.timezone)).strftime("%Y-%m-%d %H:%M")
