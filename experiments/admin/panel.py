"""What every page says of an experiment's state: its colour, its day, its report."""

from django.urls import reverse
from django.utils import timezone

from experiments.lifecycle import Status
from experiments.models import Experiment

TONES = {
    Status.DRAFT: "idle",
    Status.REVIEW: "warn",
    Status.SCHEDULED: "info",
    Status.RUNNING: "info",
    Status.PAUSED: "warn",
    Status.ENDED: "idle",
    Status.ARCHIVED: "idle",
}


def report_url(experiment: Experiment) -> str:
    """Return the address of the experiment's report."""
    return f"{reverse('reports:detail', args=[experiment.key])}?site={experiment.site.slug}"


def day_text(experiment: Experiment) -> str:
    """Return how far the run is: day 3 of 14."""
    if experiment.started_at is None:
        return "not started"
    end = experiment.ended_at or timezone.now()
    day = max(0, (end - experiment.started_at).days) + 1
    return f"{'ran' if experiment.ended_at else 'day'} {day} of {experiment.planned_days}" + (
        " days" if experiment.ended_at else ""
    )
