"""Ask again: a new draft with the set-up of an experiment."""

from typing import Any

from django import forms

from experiments import services
from experiments.models import Experiment
from experiments.roles import Action
from experiments.web.acts import Act, page_url
from experiments.web.fields import text

LONGEST_KEY = 80


class CloneForm(forms.Form):
    """What the new draft is called."""

    name = text(longest=200)
    key = forms.SlugField(
        max_length=LONGEST_KEY, help_text="Short name in addresses and in the API; it stays."
    )


class CloneAct(Act):
    """Makes a draft of what was asked before."""

    name = "clone"
    label = "Clone"
    action = Action.EDIT

    def title(self, experiment: Experiment) -> str:
        """Return what the page is for."""
        return f"Clone “{experiment.name}”"

    def is_possible(self, experiment: Experiment) -> bool:
        """Return that any experiment can be asked again."""
        return True

    def form(self, experiment: Experiment, data: Any = None) -> forms.BaseForm:
        """Return the form with a name that is free."""
        return CloneForm(
            data, initial={"name": f"{experiment.name}, again"[:200], "key": _key(experiment)}
        )

    def run(self, experiment: Experiment, user: Any, form: Any) -> str:
        """Make the draft."""
        clone = services.clone_experiment(
            experiment_id=experiment.pk,
            key=form.cleaned_data["key"],
            name=form.cleaned_data["name"],
            actor=user.get_username(),
        )
        return f"{clone.name} is a draft now."

    def onward(self, experiment: Experiment, form: Any) -> str:
        """Return the set-up of the draft."""
        made = Experiment.objects.get(site=experiment.site_id, key=form.cleaned_data["key"])
        return page_url(made)


def _key(experiment: Experiment) -> str:
    """Return a key that no experiment of the site has yet."""
    taken = set(Experiment.objects.filter(site=experiment.site_id).values_list("key", flat=True))
    tries = (f"{experiment.key[: LONGEST_KEY - 4]}-{number}" for number in range(2, len(taken) + 3))
    return next(key for key in tries if key not in taken)
