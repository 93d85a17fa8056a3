"""From the first step to a draft: blank, or with what a template brings."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest

from experiments import services
from experiments.access import sites_of
from experiments.assignment.hashing import BUCKETS
from experiments.buckets import largest_gap
from experiments.models import Experiment, Site
from experiments.registries import PARAMETER_CHOICES
from experiments.roles import Action
from experiments.services import TEMPLATES, VariantDraft
from experiments.web.fields import text
from experiments.web.setup.page import Parts
from experiments.web.setup.places import Where
from experiments.web.setup.question import QuestionForm, choose_primary, question_fields

BLANK = ""
FIRST_VARIANTS = (
    VariantDraft(key="control", name="Control", is_control=True),
    VariantDraft(key="treatment", name="Treatment"),
)


class StartForm(forms.Form):
    """What to begin with, and what a template has to be told."""

    template = forms.ChoiceField(
        required=False,
        widget=forms.RadioSelect,
        initial=BLANK,
        choices=lambda: [
            (BLANK, "A blank set-up"),
            *((each.key, each.name) for each in TEMPLATES.values()),
        ],
    )
    recommender = forms.ChoiceField(required=False, label="Recommender of the template")
    artifact = text(
        longest=150,
        required=False,
        label="Artifact of the template",
        help_text="Only where it compares artifacts: its name and version, hybrid@2026-11-20.3.",
    )

    def __init__(self, *args: Any, sites: list[Site], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["recommender"]
        field.choices = [("", "–"), *recommender_choices(sites)]

    @property
    def purposes(self) -> list[tuple[Any, str]]:
        """Return each choice of a template with what it is for."""
        told = {each.key: each.purpose for each in TEMPLATES.values()}
        told[BLANK] = "A control and a treatment; everything else is yours to say."
        return [(radio, told[radio.data["value"]]) for radio in self["template"]]

    def choices(self) -> dict[str, str]:
        """Return what the chosen template asks for, as far as it was said."""
        template = TEMPLATES.get(self.cleaned_data["template"])
        asked = template.choices if template else {}
        return {name: self.cleaned_data.get(name) or "" for name in asked}


def recommender_choices(sites: list[Site]) -> list[tuple[str, str]]:
    """Return the recommenders of these sites, each once."""
    found: dict[str, str] = {}
    for choice in PARAMETER_CHOICES:
        if choice.name == "recommender":
            for site in sites:
                found |= dict(choice.options(site))
    return list(found.items())


def new_parts(request: HttpRequest, data: Any = None) -> Parts:
    """Return the forms of a new experiment: every place where this person may add one."""
    sites = list(sites_of(request.user, Action.EDIT))
    initial = {"owner": request.user.pk}
    return {
        "form": QuestionForm(data, sites=sites, initial=initial),
        "start": StartForm(data, sites=sites),
    }


@transaction.atomic
def create_draft(parts: Parts, user: User) -> Experiment:
    """Return a new draft from valid forms; raises ArmatureError on what cannot be."""
    data = parts["form"].cleaned_data
    actor = user.get_username()
    experiment = _created(data, parts["start"], user)
    fields = question_fields(data)
    if not data["change"]:
        # What a template says stands until the person says something else.
        for name in ("hypothesis", "hypothesis_change", "hypothesis_because"):
            fields.pop(name)
    experiment = services.edit_experiment(
        experiment_id=experiment.pk, actor=actor, version=experiment.version, changes=fields
    )
    choose_primary(experiment, data["metric"], actor)
    return experiment


def _created(data: dict[str, Any], start: StartForm, user: User) -> Experiment:
    where: Where = data["where"]
    common = {"site": where.site, "key": data["key"], "name": data["name"]}
    template = start.cleaned_data["template"]
    if template and where.placement:
        return services.draft_from_template(
            **common,
            template=template,
            placement=where.placement,
            actor=user.get_username(),
            choices=start.choices(),
        )
    return services.create_experiment(
        **common,
        placement=where.placement,
        layer=where.layer,
        variants=FIRST_VARIANTS,
        # All that is free, so that a busy layer is no reason not to begin.
        allocation=largest_gap(where.lender) or BUCKETS,
        created_by=user,
    )
