"""One unit, looked up: every experiment of its site, with the reason why it is in or not."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from experiments.access import sites_of
from experiments.assignment.explain import Explanation, Step, Verdict, explain_experiment
from experiments.assignment.specs import ExperimentSpec, Reason, UnitIds, Visit
from experiments.lifecycle import Status
from experiments.models import Holdout, Site
from experiments.roles import Action
from experiments.snapshot import compilable, compile_experiment
from experiments.visits import attributes_of
from experiments.web.fields import ObjectField, text

IDS = ("visitor_id", "account_id", "session_id")
WORDS = {
    Reason.SPLIT: "in, by its bucket",
    Reason.OVERRIDE: "shown by an override; it does not count",
    Reason.QA: "shown to a tester; it does not count",
    Reason.NOT_ELIGIBLE: "out: the condition is not met",
    Reason.NOT_IN_LAYER: "out: its bucket belongs to others",
    Reason.HOLDOUT: "out: kept out by a holdout",
    Reason.PAUSED: "out: the experiment is paused",
    Reason.NOT_STARTED: "out: the experiment has not started",
    Reason.ENDED: "out: the experiment is over",
    Reason.KILLED: "out: the experiment was killed",
    Reason.PREREQUISITE: "out: another experiment comes first",
    Reason.NO_UNIT: "out: no id of its unit type",
    Reason.NO_CONSENT: "out: no consent",
    Reason.NO_EXPERIMENT: "out",
    Reason.BOT: "out: a declared bot",
}
COUNTED = (Reason.SPLIT,)
SHOWN = (Reason.OVERRIDE, Reason.QA)


class UnitForm(forms.Form):
    """Whose decisions are looked up, as the shop would ask."""

    site = forms.ModelChoiceField(queryset=Site.objects.none(), empty_label=None)
    visitor_id = text(longest=256, required=False, strip=False, label="Visitor id")
    account_id = text(longest=256, required=False, strip=False, label="Account id")
    session_id = text(longest=256, required=False, strip=False, label="Session id")
    attributes = ObjectField(
        rows=3,
        label="Attributes, as JSON",
        help_text='What conditions look at, e.g. {"country": "DE", "plan": "member"}.',
    )
    qa = forms.BooleanField(required=False, label="As a tester: drafts answer too")
    no_consent = forms.BooleanField(required=False, label="Without consent")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites: Any = self.fields["site"]
        sites.queryset = sites_of(user, Action.VIEW).order_by("name")

    def clean(self) -> dict[str, Any]:
        """Refuse a question without any id."""
        data = super().clean() or {}
        if not any(data.get(name) for name in IDS) and not self.errors:
            self.add_error("visitor_id", "Give at least one id: a visitor’s is the usual one.")
        return data

    def visit(self) -> Visit:
        """Return what the decisions look at."""
        data = self.cleaned_data
        units = UnitIds(**{name: data[name] for name in IDS})
        return Visit(
            units=units,
            attributes=attributes_of(units, data["attributes"]),
            has_consent=not data["no_consent"],
            is_qa=data["qa"],
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What one experiment answers: the reason in words, its code, and every step to it."""

    name: str
    url: str
    status: str
    variant: str
    reason: str
    words: str
    detail: str
    tone: str
    steps: tuple[Step, ...]


def unit_page(request: HttpRequest) -> HttpResponse:
    """Show the form, and the answers once it is filled; nothing is recorded."""
    is_asked = any(name in request.GET for name in (*IDS, "attributes"))
    form = UnitForm(request.GET if is_asked else None, user=request.user)
    context = {
        **admin.site.each_context(request),
        "title": "Look up a unit",
        "form": form,
        "has_sites": sites_of(request.user, Action.VIEW).exists(),
        "answers": answers_of(form) if is_asked and form.is_valid() else None,
    }
    return TemplateResponse(request, "experiments/unit.html", context)


def answers_of(form: UnitForm) -> list[Answer]:
    """Return the answer of every experiment that is not archived, those that it is in first."""
    site = form.cleaned_data["site"]
    rows = list(compilable().filter(site=site).exclude(status=Status.ARCHIVED).order_by("id"))
    holdouts = {site.pk: list(Holdout.objects.filter(site=site).prefetch_related("layers"))}
    specs = {row.pk: compile_experiment(row, holdouts) for row in rows}
    visit = form.visit()
    names = {row.pk: row.name for row in rows}
    found = [
        _answer(spec, names[spec.id], explain_experiment(spec, visit, specs))
        for spec in specs.values()
    ]
    return sorted(found, key=lambda each: ("good", "info", "idle").index(each.tone))


def _answer(spec: ExperimentSpec, name: str, explained: Explanation) -> Answer:
    decided = next(step for step in explained.steps if step.verdict == Verdict.DECIDED)
    words = WORDS[explained.reason]
    if explained.reason == Reason.ENDED and explained.variant:
        words = "decided: everybody gets this variant"
    return Answer(
        name=name,
        url=reverse("admin:experiments_experiment_change", args=[spec.id]),
        status="killed" if spec.is_killed else spec.status,
        variant=explained.variant.name if explained.variant else "",
        reason=explained.reason.value,
        words=words,
        detail=decided.detail,
        tone=_tone(explained.reason),
        steps=explained.steps,
    )


def _tone(reason: Reason) -> str:
    if reason in COUNTED:
        return "good"
    return "info" if reason in SHOWN else "idle"
