"""What somebody should be reminded of: ends that come near or have passed, decisions that wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from experiments.lifecycle import Status
from experiments.models import Experiment, Notice
from experiments.services.notices import raise_notice, resolve_notice

NEAR = timedelta(days=2)
PATIENCE = timedelta(days=7)  # between an end and the question where the decision stays
RUNNING = (Status.RUNNING, Status.PAUSED)


@dataclass(frozen=True, slots=True)
class Reminder:
    """A condition of one experiment that is worth telling."""

    kind: str
    severity: str
    title: str
    detail: str


END_NEAR, END_PASSED, UNDECIDED = "end_near", "end_passed", "undecided"
KINDS = (END_NEAR, END_PASSED, UNDECIDED)


def onset_key(kind: str, experiment: Experiment) -> str:
    """Return what names a condition of an experiment."""
    return f"{kind}:{experiment.pk}"


def remind(*, now: datetime) -> int:
    """Raise what is due and resolve what is over; return how many reminders stand.

    Safe to run at any time, and twice: a reminder that stands is not raised again.
    """
    open_ones = Notice.objects.filter(kind__in=KINDS, resolved_at=None)
    told = set(open_ones.values_list("site_id", "onset_key"))
    standing = 0
    for experiment in _concerned(open_ones):
        due = {onset_key(each.kind, experiment): each for each in reminders_of(experiment, now)}
        standing += len(due)
        for key in (onset_key(kind, experiment) for kind in KINDS):
            if key in due:
                _raise(experiment, key, due[key])
            elif (experiment.site_id, key) in told:
                resolve_notice(site=experiment.site, onset_key=key)
    return standing


def _concerned(open_ones: QuerySet[Notice]) -> QuerySet[Experiment]:
    """Return the experiments that can have a reminder, or that have one still."""
    undecided = Q(status=Status.ENDED, decision_record=None)
    told = Q(pk__in=open_ones.values("experiment_id"))
    rows = Experiment.objects.select_related("site", "decision_record")
    return rows.filter(Q(status__in=RUNNING) | undecided | told)


def _raise(experiment: Experiment, key: str, due: Reminder) -> None:
    raise_notice(
        site=experiment.site,
        kind=due.kind,
        title=due.title,
        onset_key=key,
        severity=due.severity,
        detail=due.detail,
        experiment=experiment,
    )


def planned_end(experiment: Experiment) -> datetime | None:
    """Return when a running experiment is to end: on its end date, else after the planned days."""
    if experiment.ends_at or experiment.started_at is None:
        return experiment.ends_at
    return experiment.started_at + timedelta(days=experiment.planned_days)


def reminders_of(experiment: Experiment, now: datetime) -> list[Reminder]:
    """Return what is worth telling of an experiment at a moment."""
    if experiment.status in RUNNING and (end := planned_end(experiment)) is not None:
        return _of_end(experiment, end, now)
    if experiment.status == Status.ENDED and not hasattr(experiment, "decision_record"):
        return _of_decision(experiment, now)
    return []


def _of_end(experiment: Experiment, end: datetime, now: datetime) -> list[Reminder]:
    day = f"{end:%Y-%m-%d %H:%M} UTC"
    name = experiment.name
    if now >= end:
        detail = f"It was to end on {day}. End and decide it, or set a later end."
        title = f"{name} runs past its planned end"
        return [Reminder(END_PASSED, Notice.Severity.WARNING, title, detail)]
    if now >= end - NEAR:
        detail = f"It ends on {day}. Is everything there that the decision needs?"
        return [Reminder(END_NEAR, Notice.Severity.INFO, f"{name} ends soon", detail)]
    return []


def _of_decision(experiment: Experiment, now: datetime) -> list[Reminder]:
    ended = experiment.ended_at
    if ended is None or now < ended + PATIENCE:
        return []
    days = (now - ended).days
    detail = f"It ended {days} days ago. Record the outcome, the reason and what follows."
    title = f"{experiment.name} has no decision"
    return [Reminder(UNDECIDED, Notice.Severity.WARNING, title, detail)]
