"""How far a run is: a line from its launch to its planned end, with what happened on the way."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from experiments.models import Experiment, Phase, RampStep
from experiments.services.reminders import planned_end
from experiments.web.moments import day_text

LEAST = timedelta(minutes=1)  # a line needs a length, also in the first seconds


@dataclass(frozen=True, slots=True)
class RunMark:
    """Something on the line; `x` in per cent of its length."""

    x: str
    label: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """The line: where it stands, its marks and its ends; positions in per cent of the length."""

    title: str
    note: str
    done: str
    planned: str
    marks: tuple[RunMark, ...]
    start: str
    end: str
    end_word: str
    is_over: bool

    @property
    def words(self) -> str:
        """Return the line in words, for whoever does not see it."""
        marks = "; ".join(mark.label for mark in self.marks)
        return f"{self.title}. Launched {self.start}, {self.end_word} {self.end}. {marks}"


def run_line(experiment: Experiment, now: datetime, n_units: int) -> RunLine | None:
    """Return the line of a run; None for what has not started."""
    started, planned = experiment.started_at, planned_end(experiment)
    if started is None or planned is None:
        return None
    until = experiment.ended_at or now
    last = max(until, until if experiment.ended_at else planned, started + LEAST)

    def x(moment: datetime) -> str:
        return f"{100 * min(max((moment - started) / (last - started), 0.0), 1.0):.2f}%"

    end = experiment.ended_at or planned
    return RunLine(
        title=_title(experiment, started, until),
        note=_units_text(experiment, n_units),
        done=x(until),
        planned=x(planned),
        marks=tuple(RunMark(x(moment), label) for moment, label in _events(experiment)),
        start=day_text(started, experiment.site),
        end=day_text(end, experiment.site),
        end_word=_end_word(experiment),
        is_over=experiment.ended_at is not None,
    )


def _end_word(experiment: Experiment) -> str:
    if experiment.ended_at:
        return "killed" if experiment.is_killed else "ended"
    return "ends by itself" if experiment.ends_at else "planned end"


def _title(experiment: Experiment, started: datetime, until: datetime) -> str:
    day = max(0, (until - started).days) + 1
    if experiment.ended_at:
        return f"Ran {day} of {experiment.planned_days} days"
    if day > experiment.planned_days:
        return f"Day {day}; {experiment.planned_days} were planned"
    return f"Day {day} of {experiment.planned_days}"


def _units_text(experiment: Experiment, n_units: int) -> str:
    if experiment.planned_units:
        return f"{n_units:,} of {experiment.planned_units:,} planned units"
    return f"{n_units:,} unit{'' if n_units == 1 else 's'}"


def _events(experiment: Experiment) -> list[tuple[datetime, str]]:
    """Return what is worth a mark: steps of the ramp, later phases, the closed enrolment."""
    steps = RampStep.objects.filter(experiment=experiment, applied_at__isnull=False)
    found = [(step.applied_at, f"ramp {step.percent} %") for step in steps if step.applied_at]
    phases = Phase.objects.filter(experiment=experiment, number__gt=1)
    found += [(phase.started_at, f"phase {phase.number}") for phase in phases]
    if experiment.enrolment_closed_at:
        found.append((experiment.enrolment_closed_at, "enrolment closed"))
    return sorted(found)
