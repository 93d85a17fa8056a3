"""Data that is still to come: accepted and not counted yet, or told long after it happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Min, Sum

from analytics.queries import DAY_US
from analytics.queries.arrivals import HOUR_US
from analytics.stats.formats import number, percent
from analytics.trust.facts import Facts
from analytics.trust.finding import Finding, State, Table
from experiments.models import InboxBatch

CODE = "late_data"
WAIT_WARN_S, WAIT_BLOCK_S = 600.0, 86_400.0  # beyond a day the last day is missing from the report
LATE_WARN = 0.05  # of events that came more than a day late: the newest days will still grow
LEAST = 200  # events, below which no share is given
WAITING_CAUSES = (
    "the worker that applies events is down or stuck",
    "a burst of events is being applied",
)
LATE_CAUSES = (
    "a source sends its events in batches, once a day",
    "devices that were offline send what they kept",
    "the clocks of devices are wrong",
)
WAIT = "Look at the health page, and refresh the report when nothing waits any more."
HOLD = "Judge by days that are over for longer than events are late."


@dataclass(frozen=True, slots=True)
class Waiting:
    """Accepted events that are not applied, and for how long the oldest has waited."""

    events: int
    age_s: float


@dataclass(frozen=True, slots=True)
class Lateness:
    """How long after they happened the events of the sample came; counts beyond each delay."""

    n: int
    hour: int
    day: int
    median_s: float


def check_late(facts: Facts) -> Iterator[Finding]:
    """Yield the finding about events that this report does not count yet.

    What waits is the site's inbox. How late events come is seen in the sample; where a clock is
    simulated or history was imported, that says nothing and is not looked at.
    """
    waiting, late = waiting_of(facts), lateness_of(facts)
    state = _state(waiting, late, is_over=facts.scope.has_ended)
    yield Finding(
        CODE,
        state,
        _claim(waiting, state),
        _evidence(waiting, late),
        _causes(waiting, state),
        "" if state is State.GOOD else WAIT if waiting.age_s > WAIT_WARN_S else HOLD,
        _table(waiting, late),
    )


def waiting_of(facts: Facts) -> Waiting:
    """Return what waits in the inbox of the experiment's site."""
    rows = InboxBatch.objects.filter(site_id=facts.scope.experiment.site_id)
    found = rows.aggregate(events=Sum("n_events"), first=Min("received_at"))
    age_s = (datetime.now(UTC) - found["first"]).total_seconds() if found["first"] else 0.0
    return Waiting(int(found["events"] or 0), max(0.0, age_s))


def lateness_of(facts: Facts) -> Lateness | None:
    """Return how late the sample's events came, None where that cannot be told."""
    site = facts.scope.experiment.site
    if site.is_simulated or site.is_replay or len(facts.sample.done) < LEAST:
        return None
    delays = sorted(max(0, each.received_us - each.ts_us) for each in facts.sample.done)
    return Lateness(
        n=len(delays),
        hour=sum(delay > HOUR_US for delay in delays),
        day=sum(delay > DAY_US for delay in delays),
        median_s=delays[len(delays) // 2] / 1e6,
    )


def _state(waiting: Waiting, late: Lateness | None, *, is_over: bool) -> State:
    if waiting.events and waiting.age_s > WAIT_BLOCK_S:
        return State.BAD
    # Of a run that is over the late events are in, as far as can be told from those before.
    is_growing = late is not None and late.day > LATE_WARN * late.n and not is_over
    is_stuck = waiting.events > 0 and waiting.age_s > WAIT_WARN_S
    return State.WARN if is_growing or is_stuck else State.GOOD


def _claim(waiting: Waiting, state: State) -> str:
    if waiting.events and waiting.age_s > WAIT_WARN_S:
        return f"{number(waiting.events)} accepted events are not counted yet."
    return (
        "Nothing is missing." if state is State.GOOD else "Many events come more than a day late."
    )


def _evidence(waiting: Waiting, late: Lateness | None) -> str:
    text = f"{number(waiting.events)} events wait, the oldest for {number(waiting.age_s / 60)} min."
    if late is None:
        return f"{text} How late events come is not looked at here: too few, or another clock."
    shares = [percent(each / late.n, decimals=2) for each in (late.hour, late.day)]
    return (
        f"{text} Of {number(late.n)} events looked at {shares[0]} came more than an hour late and"
        f" {shares[1]} more than a day."
    )


def _causes(waiting: Waiting, state: State) -> tuple[str, ...]:
    if state is State.GOOD:
        return ()
    return WAITING_CAUSES if waiting.age_s > WAIT_WARN_S else LATE_CAUSES


def _table(waiting: Waiting, late: Lateness | None) -> Table:
    rows: list[tuple[str, str | int]] = [("Accepted, not counted yet", waiting.events)]
    if late is not None:
        rows += [
            ("Looked at", late.n),
            ("More than an hour late", late.hour),
            ("More than a day late", late.day),
            ("Median delay", f"{number(late.median_s)} s"),
        ]
    return Table(("Events", "Number"), tuple(rows))
