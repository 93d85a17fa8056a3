"""Edit what decides nothing about who sees what: the name, the words, the owner, the end."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model

from experiments import services
from experiments.lifecycle import EDITABLE, may_edit
from experiments.models import Experiment
from experiments.roles import Action
from experiments.web.acts import Act
from experiments.web.fields import MomentField, text
from experiments.web.setup.saving import version_of


class EditForm(forms.Form):
    """What may still be said otherwise; a field that the status has frozen is left out."""

    version = forms.CharField(widget=forms.HiddenInput, max_length=20)
    name = text(longest=200)
    hypothesis_change = text(rows=2, required=False, label="If")
    hypothesis_because = text(rows=2, required=False, label="because")
    hypothesis = text(
        rows=3,
        longest=5_000,
        required=False,
        label="Hypothesis in free words",
        help_text="Shown where no change is named above.",
    )
    owner = forms.ModelChoiceField(
        queryset=get_user_model().objects.none(), required=False, empty_label="nobody yet"
    )
    ends_at = MomentField(label="Ends by itself at")

    def __init__(self, *args: Any, experiment: Experiment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        owner.queryset = people_of(experiment)
        ends_at: Any = self.fields["ends_at"]
        ends_at.in_zone(experiment.site.timezone)
        for name in list(self.fields):
            if name != "version" and not may_edit(experiment.status, name):
                del self.fields[name]


def people_of(experiment: Experiment) -> Any:
    """Return the accounts that may own the experiment: those with a role in its site."""
    people = get_user_model().objects.filter(is_active=True)
    in_site = people.filter(memberships__site=experiment.site_id)
    everywhere = people.filter(memberships__site=None, memberships__isnull=False)
    mine = people.filter(owned_experiments=experiment)
    return (in_site | everywhere | mine).distinct().order_by("username")


class EditAct(Act):
    """Edits what may still be said otherwise."""

    name = "edit"
    label = "Edit"
    action = Action.EDIT

    def title(self, experiment: Experiment) -> str:
        """Return what the page is for."""
        return f"Edit “{experiment.name}”"

    def is_possible(self, experiment: Experiment) -> bool:
        """Return whether it has started and something may still change; before, the set-up does."""
        return experiment.status not in EDITABLE and may_edit(experiment.status, "name")

    def form(self, experiment: Experiment, data: Any = None) -> forms.BaseForm:
        """Return the form as the experiment is."""
        return EditForm(data, experiment=experiment, initial=initial_of(experiment))

    def run(self, experiment: Experiment, user: Any, form: Any) -> str:
        """Save what differs, on the version that the page showed."""
        values = {name: form.cleaned_data[name] for name in form.fields if name != "version"}
        started_with = {name: getattr(experiment, name) for name in values}
        changes = {name: new for name, new in values.items() if new != started_with[name]}
        version = version_of(form.cleaned_data["version"])
        if not changes and version == experiment.version:
            return "Nothing was changed."
        services.edit_experiment(
            experiment_id=experiment.pk,
            actor=user.get_username(),
            version=version,
            changes=changes,
        )
        return f"{values.get('name', experiment.name)} was saved."


def initial_of(experiment: Experiment) -> dict[str, Any]:
    """Return the experiment as the form shows it."""
    return {
        "version": experiment.version,
        "name": experiment.name,
        "hypothesis_change": experiment.hypothesis_change,
        "hypothesis_because": experiment.hypothesis_because,
        "hypothesis": experiment.hypothesis,
        "owner": experiment.owner_id,
        "ends_at": experiment.ends_at,
    }
