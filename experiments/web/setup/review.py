"""Step 8: everything on one page, and the ways from here: review, a date, the start."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from experiments import services
from experiments.access import can
from experiments.admin.base import actor_of
from experiments.admin.layers import PER_CENT
from experiments.clock import zone
from experiments.desks import METRIC_DESKS, desk_of
from experiments.errors import InvalidInput
from experiments.lifecycle import actions
from experiments.models import Allocation, Experiment, Site
from experiments.roles import Action
from experiments.web.approval import since_approval
from experiments.web.fields import MomentField, text
from experiments.web.setup.audience import required_variants
from experiments.web.setup.checks import checklist_of
from experiments.web.setup.duration import day_of_end
from experiments.web.setup.page import StepPage
from experiments.web.setup.question import metric_name, sentence_of


class LaunchForm(forms.Form):
    """When it starts, and why the warnings that stand may be so."""

    starts_at = MomentField(label="Start by itself at")
    reason = text(
        rows=2,
        longest=1_000,
        required=False,
        label="Reason",
        help_text="Why the open warnings may be so, or what has to change; kept with the history.",
    )

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        moment: Any = self.fields["starts_at"]
        moment.in_zone(site.timezone)


@dataclass(frozen=True, slots=True)
class Way:
    """A button of the review: what it is called, who may press it, what it does."""

    name: str
    label: str
    action: Action
    transition: str
    run: Callable[[Experiment, HttpRequest, dict[str, Any]], str]
    tone: str = "plain"


def _start(experiment: Experiment, request: HttpRequest, data: dict[str, Any]) -> str:
    services.start_experiment(
        experiment_id=experiment.pk, actor=actor_of(request), waiver=data["reason"]
    )
    return f"{experiment.name} is running."


def _schedule(experiment: Experiment, request: HttpRequest, data: dict[str, Any]) -> str:
    starts_at = data["starts_at"]
    if starts_at is None:
        raise InvalidInput(
            "no start was given", hint="Say on which day and at what time it starts."
        )
    services.schedule_experiment(
        experiment_id=experiment.pk,
        actor=actor_of(request),
        starts_at=starts_at,
        waiver=data["reason"],
    )
    return f"{experiment.name} starts by itself on {_moment(starts_at, experiment.site)}."


def _unschedule(experiment: Experiment, request: HttpRequest, data: dict[str, Any]) -> str:
    services.unschedule_experiment(experiment_id=experiment.pk, actor=actor_of(request))
    return f"{experiment.name} is a draft again."


def _submit(experiment: Experiment, request: HttpRequest, data: dict[str, Any]) -> str:
    services.submit_experiment(experiment_id=experiment.pk, actor=actor_of(request))
    return f"{experiment.name} waits for somebody’s approval."


def _approve(experiment: Experiment, request: HttpRequest, data: dict[str, Any]) -> str:
    user: Any = request.user
    services.approve_experiment(experiment_id=experiment.pk, user=user, reason=data["reason"])
    return f"{experiment.name} is approved."


def _reject(experiment: Experiment, request: HttpRequest, data: dict[str, Any]) -> str:
    services.reject_experiment(
        experiment_id=experiment.pk, actor=actor_of(request), reason=data["reason"]
    )
    return f"{experiment.name} is a draft again, with your reason."


WAYS = (
    Way("start", "Start now", Action.LAUNCH, "start", _start, tone="main"),
    Way("submit", "Submit for approval", Action.EDIT, "submit", _submit),
    Way("approve", "Approve", Action.APPROVE, "approve", _approve),
    Way("reject", "Send back", Action.APPROVE, "reject", _reject, tone="danger"),
    Way("schedule", "Schedule", Action.LAUNCH, "schedule", _schedule),
    Way("unschedule", "Take off the schedule", Action.LAUNCH, "unschedule", _unschedule),
)


def ways_of(request: HttpRequest, experiment: Experiment) -> dict[str, Way]:
    """Return what this person may do with the experiment as it stands, by name."""
    possible = actions(experiment.status)
    return {
        way.name: way
        for way in WAYS
        if way.transition in possible and can(request.user, way.action, experiment.site_id)
    }


def why_not_start(experiment: Experiment, n_blocking: int) -> str:
    """Return why it cannot start as it stands, "" when it can."""
    if n_blocking:
        return f"{n_blocking} check{'' if n_blocking == 1 else 's'} must pass first"
    if experiment.site.requires_approval and experiment.approved_version != experiment.version:
        return "a second person must approve it first"
    return ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the summary, and the step where it is changed."""

    slug: str
    title: str
    lines: tuple[str, ...]


def summary_of(experiment: Experiment) -> list[Fact]:
    """Return the whole set-up in words."""
    owner = experiment.owner.get_username() if experiment.owner else "nobody yet"
    return [
        Fact("question", "Where", (f"{experiment.place}, {experiment.site}", f"Owner: {owner}")),
        Fact("variants", "Variants", tuple(_variant_lines(experiment))),
        Fact("traffic", "Traffic", tuple(_traffic_lines(experiment))),
        Fact("audience", "Audience", tuple(_audience_lines(experiment))),
        Fact("metrics", "Metrics", tuple(_metric_lines(experiment))),
        Fact("duration", "Duration", tuple(_duration_lines(experiment))),
    ]


def _variant_lines(experiment: Experiment) -> list[str]:
    lines = []
    for variant in experiment.variants.all():
        shows = variant.parameters.get("artifact") or variant.parameters.get("recommender")
        role = " (control)" if variant.is_control else ""
        lines.append(f"{variant.name}{role}: {shows or 'the placement’s default'}")
    return lines or ["none yet"]


def _traffic_lines(experiment: Experiment) -> list[str]:
    mine = Allocation.objects.filter(experiment=experiment).first()
    share = f"{(mine.stop - mine.start) / PER_CENT:g} %" if mine else "no share"
    weights = " : ".join(str(variant.weight) for variant in experiment.variants.all())
    steps = [str(step.percent) for step in experiment.ramp_steps.all()]
    ramp = f"Let in {' → '.join(steps)} %" if steps else "All let in at once"
    return [f"{share} of layer {experiment.layer.name}", f"Weights {weights}", ramp]


def _audience_lines(experiment: Experiment) -> list[str]:
    fallback = experiment.fallback_unit_type
    unit = f"Per {experiment.unit_type}" + (f", else per {fallback}" if fallback else "")
    only = json.dumps(experiment.eligibility, ensure_ascii=False)
    who = f"Only {only}" if experiment.eligibility else "Everybody"
    extra = [f"{len(required_variants(experiment))} prerequisites"] * bool(
        required_variants(experiment)
    )
    return [who, unit, *extra]


def _metric_lines(experiment: Experiment) -> list[str]:
    desk = desk_of(METRIC_DESKS)
    lines = []
    for use in desk.chosen(experiment) if desk else []:
        margin = f", at most {100 * use.margin:g} % worse" if use.margin else ""
        lines.append(f"{metric_name(experiment.site, use.key)}: {use.role}{margin}")
    return lines or ["none yet"]


def _duration_lines(experiment: Experiment) -> list[str]:
    end = day_of_end(experiment.ends_at, experiment.site)
    lift = f"Made for a lift of {100 * experiment.mde:g} %" if experiment.mde else ""
    lines = [
        f"{experiment.planned_days} days, {experiment.get_monitoring_display()}",
        f"Ends by itself after {end}" if end else "Runs until somebody ends it",
        f"Events count for {experiment.window_days} days per unit",
    ]
    return [*lines, lift] if lift else lines


def _moment(moment: datetime, site: Site) -> str:
    return f"{timezone.localtime(moment, zone(site.timezone)):%-d %B %Y at %H:%M} ({site.timezone})"


class ReviewPage(StepPage):
    """Everything on one page."""

    slug = "review"
    title = "Review"
    lead = "Everything on one page, before anybody is exposed."

    def context(self, request: HttpRequest, experiment: Experiment) -> dict[str, Any]:
        """Return the set-up in words, what is open, and the buttons."""
        checklist = checklist_of(experiment)
        refused = why_not_start(experiment, len(checklist.blocking))
        starts_at = experiment.starts_at
        return {
            "sentence": sentence_of(experiment),
            "summary": summary_of(experiment),
            "checklist": checklist,
            "ways": ways_of(request, experiment),
            "why_not": refused,
            "launch": LaunchForm(site=experiment.site),
            "starts": _moment(starts_at, experiment.site) if starts_at else "",
            "since": since_approval(experiment),
            "rejections": experiment.status_changes.filter(
                from_status="review", to_status="draft"
            ).order_by("-at")[:1],
        }
