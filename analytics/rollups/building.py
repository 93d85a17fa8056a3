"""Making the rollups of a phase from its rows, a chunk of units at a time, while drains go on.

A state that is building is kept up by the drain for every unit that is touched, so a unit whose
chunk is done stays right. Each chunk holds the tail lock: a pass that began before the state was
there has then been committed, and the chunk reads its rows.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from analytics.models import Rollup, RollupState
from analytics.rollups.applying import mark_failed
from analytics.rollups.computing import rows_of
from analytics.rollups.plans import Plan, follows_rules, plans_of, rules_of
from analytics.rollups.writing import bring_up, read_rows, stored_rows
from experiments.drain.lock import hold_tail_lock
from experiments.models import Exposure

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # a chunk takes a second; whoever was silent this long was killed
CHUNKS = {"postgresql": 5_000}
CHUNK = 500  # units; SQLite takes 999 parameters
NEEDED = ("experiment__site", "metric")
PAUSE_S = 0.01  # on SQLite a writer that never rests lets nobody else in


def build_phase(
    experiment_id: int,
    phase: int,
    *,
    limit_s: float = float("inf"),
    progress: Callable[[int], None] | None = None,
) -> bool:
    """Build what waits to be built of a phase; return whether nothing is left to do.

    After `limit_s` the rest is left for another call, which goes on where this one stopped, as one
    does whose process was killed. `progress` is told how many units each chunk had.
    """
    states = RollupState.objects.filter(experiment_id=experiment_id, phase=phase)
    began, claim = time.monotonic(), _claim(states)
    while claim is not None:
        claim, n_units = _chunk(states, claim)
        if progress is not None:
            progress(n_units)
        if time.monotonic() - began >= limit_s:
            break
        time.sleep(PAUSE_S)
    return not (claim and states.filter(claimed_at=claim).update(claimed_at=None))


def waiting(now: datetime) -> Q:
    """Return which states nobody is building."""
    is_free = Q(claimed_at=None) | Q(claimed_at__lt=now - LEASE)
    return is_free & Q(status=RollupState.Status.BUILDING)


@transaction.atomic
def _claim(states: QuerySet[RollupState]) -> datetime | None:
    """Make what waits this process's own under the present rules; None when nothing waits."""
    now = timezone.now()
    mine = list(states.filter(waiting(now)).select_for_update(of=("self",)).select_related(*NEEDED))
    for state in mine:
        rules = rules_of(state.experiment, state.metric)
        if state.rules != rules:
            state.rules, state.last_unit, state.n_units = rules, "", 0
        state.claimed_at, state.error = now, ""
        state.save()
    return now if mine else None


def _chunk(states: QuerySet[RollupState], claim: datetime) -> tuple[datetime | None, int]:
    """Build the next chunk; return the renewed claim, None when nothing follows, and its units."""
    mine: Sequence[RollupState] = ()
    try:
        with transaction.atomic():
            hold_tail_lock()
            rows = states.filter(claimed_at=claim, status=RollupState.Status.BUILDING)
            mine = list(rows.select_related(*NEEDED))
            return _build(mine) if mine else (None, 0)
    except OperationalError as error:
        # A deadlock, a lock timeout, a full disk: once the lease is over it is tried again.
        log.warning("rollups left for later: %s", error)
    except Exception as error:
        log.exception("rollups failed")
        mark_failed(mine, error)
    return None, 0


def _build(states: Sequence[RollupState]) -> tuple[datetime | None, int]:
    """Bring up one chunk of units of the states, which are of one phase."""
    (plan,) = plans_of(states)
    after = _after(states)
    units, last = next_units(plan, after)
    stored = read_rows(units_between(stored_rows(plan), after, last))
    bring_up(plan, stored, rows_of(plan, units))
    done = len(units) + (states[0].n_units if after else 0)
    return _note(states, last, done), len(units)


def _after(states: Sequence[RollupState]) -> str:
    """Return after which unit all states go on: the first one's turn when they do not agree.

    Which of two ids comes first is the database's to say.
    """
    reached = {state.last_unit for state in states}
    return reached.pop() if len(reached) == 1 else ""


def _note(states: Sequence[RollupState], last: str, n_units: int) -> datetime | None:
    """Note how far the states are, complete without a last unit; return the renewed claim."""
    now = timezone.now()
    for state in states:
        state.last_unit, state.n_units, state.claimed_at = last, n_units, now
        if not last:
            _finish(state, now)
        state.save()
    return now if last else None


def _finish(state: RollupState, now: datetime) -> None:
    """Call the state current, unless its rules were changed on the way: then it waits anew."""
    state.claimed_at = None
    if follows_rules(state):
        state.status, state.built_at = state.Status.CURRENT, now
    else:
        state.rules = ""


def next_units(plan: Plan, after: str) -> tuple[list[str], str]:
    """Return the next units of a phase and the last of them, "" when none follow.

    Units that analyses leave out are among them: they may have rows from before.
    """
    size = CHUNKS.get(connection.vendor, CHUNK)
    rows = Exposure.objects.filter(
        experiment_id=plan.experiment.pk, phase=plan.phase, unit_id__gt=after
    )
    units = list(rows.order_by("unit_id").values_list("unit_id", flat=True)[:size])
    return units, units[-1] if len(units) == size else ""


def units_between(rows: QuerySet[Rollup], after: str, last: str) -> QuerySet[Rollup]:
    """Return the stored rows of the units after one up to another, "" for no end."""
    rows = rows.filter(unit_id__gt=after)
    return rows.filter(unit_id__lte=last) if last else rows
