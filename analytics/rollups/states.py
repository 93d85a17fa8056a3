"""Which phases are rolled up: asked for, gone over from time to time, closed when they are over."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from analytics.errors import AnalyticsError
from analytics.models import RollupState
from analytics.queries import HISTORY_DAYS, Terms, check_metric
from analytics.rollups.applying import KEPT_UP, restart
from analytics.rollups.building import waiting
from analytics.rollups.plans import follows_rules
from analytics.selectors import ChosenMetric, metrics_of
from experiments.clock import day_of
from experiments.lifecycle import UNDER_WAY
from experiments.models import Experiment, Exposure, Phase

Status = RollupState.Status

LATE_DAYS = 7  # events come so much later than they happened, no later
RETRY = timedelta(minutes=15)


def ask_for_rollups(experiment: Experiment, now: datetime) -> None:
    """Let each of the experiment's metrics be rolled up in the present phase, unless it is over."""
    if not is_open(experiment, now):
        return
    RollupState.objects.bulk_create(
        (
            RollupState(experiment=experiment, phase=experiment.phase, metric=chosen.metric)
            for chosen in _computable(metrics_of(experiment))
        ),
        ignore_conflicts=True,
    )


def _computable(metrics: Iterable[ChosenMetric]) -> Iterable[ChosenMetric]:
    """Return the metrics that are units' sums; of those that cannot be computed a report says why.

    What is no sum, such as a quantile or a funnel, only rows can tell.
    """
    for chosen in metrics:
        try:
            check_metric(chosen.query)
        except AnalyticsError:
            continue
        if chosen.query.is_summed:
            yield chosen


def is_open(experiment: Experiment, now: datetime) -> bool:
    """Tell whether events may still change the experiment's present phase."""
    if experiment.status in UNDER_WAY:
        return True
    return experiment.ended_at is not None and now < _closes_at(experiment, experiment.ended_at)


def _closes_at(experiment: Experiment, ended_at: datetime) -> datetime:
    return ended_at + timedelta(days=_longest_window(experiment) + LATE_DAYS)


def _longest_window(experiment: Experiment) -> int:
    """Return the days after first exposure by which all of its metrics have ended."""
    terms = Terms()
    for chosen in _computable(metrics_of(experiment)):
        terms.places(chosen.query)
    return max(experiment.window_days, terms.reach(experiment.window_days))


def sweep(now: datetime) -> list[tuple[int, int]]:
    """Ask for what is missing, restart what failed or has other rules, close what is over.

    Return the phases (experiment id, phase) in which something waits to be built.
    """
    for experiment in Experiment.objects.filter(status__in=UNDER_WAY).select_related("site"):
        ask_for_rollups(experiment, now)
    _restart_unfit(now)
    _close(now)
    rows = RollupState.objects.filter(waiting(now)).values_list("experiment_id", "phase")
    return sorted(set(rows))


def is_waiting(experiment_id: int, phase: int) -> bool:
    """Tell whether something of a phase waits to be built."""
    states = RollupState.objects.filter(waiting(timezone.now()))
    return states.filter(experiment_id=experiment_id, phase=phase).exists()


def _restart_unfit(now: datetime) -> None:
    kept = _states(status__in=KEPT_UP)
    restart([state for state in kept if state.rules and not follows_rules(state)])
    long_ago = Q(claimed_at=None) | Q(claimed_at__lt=now - RETRY)
    failed = _states(long_ago, status=Status.FAILED)
    restart([state for state in failed if not _is_over(state, now)])


def _close(now: datetime) -> None:
    """Close the complete states of phases that are over for good."""
    over = [state.pk for state in _states(status=Status.CURRENT) if _is_over(state, now)]
    RollupState.objects.filter(pk__in=over, status=Status.CURRENT).update(status=Status.CLOSED)


def _is_over(state: RollupState, now: datetime) -> bool:
    if state.phase == state.experiment.phase:
        return not is_open(state.experiment, now)
    phase = Phase.objects.filter(experiment=state.experiment, number=state.phase).first()
    ended_at = phase.ended_at if phase else None
    return ended_at is not None and now >= _closes_at(state.experiment, ended_at)


def needed_since(site_id: int) -> str | None:
    """Return the first day of the site's rows that rollups may still be made from, None for none.

    The four weeks before the first exposure are among them. Of an experiment without complete
    rollups, such as one that ended before there were any, the rows are all that a report can read.
    """
    now = timezone.now()
    kept = RollupState.objects.values("experiment_id")
    unfinished = kept.exclude(status__in=(Status.CURRENT, Status.CLOSED))
    begun = Experiment.objects.filter(site_id=site_id, started_at__isnull=False)
    rowbound = ~Q(pk__in=kept) & Q(pk__in=Exposure.objects.values("experiment_id"))
    busy = set(begun.filter(Q(pk__in=unfinished) | rowbound).values_list("pk", flat=True))
    return min(
        (
            _first_day(experiment)
            for experiment in begun.select_related("site")
            if experiment.pk in busy or is_open(experiment, now)
        ),
        default=None,
    )


def _first_day(experiment: Experiment) -> str:
    """Return the first day that the experiment's units are asked about."""
    exposed = Exposure.objects.filter(experiment=experiment).aggregate(at=Min("first_at"))["at"]
    began = min(at for at in (exposed, experiment.started_at) if at is not None)
    return day_of(began - timedelta(days=HISTORY_DAYS), experiment.site.timezone)


def _states(*conditions: Q, **fields: object) -> QuerySet[RollupState]:
    return RollupState.objects.filter(*conditions, **fields).select_related(
        "experiment__site", "metric"
    )
