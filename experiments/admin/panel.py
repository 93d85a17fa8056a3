"""What stands above an experiment's form: its state, what it waits for, and its buckets."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from experiments import services
from experiments.admin.base import is_editable
from experiments.admin.layers import Part, layer_bar, variant_bar
from experiments.lifecycle import Status
from experiments.models import Experiment
from experiments.registries import Check

TONES = {
    Status.DRAFT: "idle",
    Status.REVIEW: "warn",
    Status.SCHEDULED: "info",
    Status.RUNNING: "info",
    Status.PAUSED: "warn",
    Status.ENDED: "idle",
    Status.ARCHIVED: "idle",
}


@dataclass(frozen=True, slots=True)
class Panel:
    """An experiment as its page shows it before any field."""

    status: str
    tone: str
    sentence: str
    checks: list[Check]
    layer_name: str
    layer: list[Part]
    split: list[Part]
    report_url: str

    @property
    def failed(self) -> list[Check]:
        """Return the checks that forbid the start."""
        return [check for check in self.checks if check.is_hard and not check.passed]


def panel_of(experiment: Experiment) -> Panel:
    """Return the panel of an experiment."""
    layer = experiment.layer
    checks = services.launch_checks(experiment) if is_editable(experiment) else []
    return Panel(
        status=experiment.status,
        tone=TONES[Status(experiment.status)],
        sentence=_sentence(experiment, sum(check.is_hard and not check.passed for check in checks)),
        checks=sorted(checks, key=lambda check: check.passed),
        layer_name=layer.name,
        layer=layer_bar(layer, experiment),
        split=variant_bar(list(experiment.variants.all())),
        report_url=report_url(experiment) if experiment.started_at else "",
    )


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


def _sentence(experiment: Experiment, failed: int) -> str:
    where = f"{experiment.place}, {experiment.site.name}"
    if experiment.status == Status.PAUSED:
        return f"{where}. Paused: everybody sees the placement's default."
    if not is_editable(experiment):
        return f"{where}, {day_text(experiment)}."
    if failed:
        number = "One check" if failed == 1 else f"{failed} checks"
        return f"{where}. {number} must pass before it can start."
    return f"{where}. Ready: every check has passed."
