"""Raise or lower the open share of an experiment by hand."""

from typing import Any

from django import forms
from django.utils import timezone

from experiments import services
from experiments.errors import InvalidInput
from experiments.lifecycle import UNDER_WAY
from experiments.models import Allocation, Experiment
from experiments.ramping import open_percent
from experiments.roles import Action
from experiments.web.acts import Act
from experiments.web.fields import text, whole
from experiments.web.rampview import ramp_view


class RampForm(forms.Form):
    """The share to open, from the one that the page showed."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    percent = whole(
        1,
        100,
        label="Open from now on, % of its own buckets",
        help_text="1 to 100. Raising lets more units in; those that are in stay where they are.",
    )
    reason = text(
        rows=2,
        longest=1_000,
        required=False,
        label="Reason",
        help_text="Needed to lower the share; kept in the history.",
    )


def open_now(experiment: Experiment) -> int:
    """Return the share of its own buckets that is open, in per cent; 0 without any."""
    row = Allocation.objects.filter(experiment=experiment).first()
    return open_percent(row.start, row.stop, row.admitted_stop) if row else 0


class RampAct(Act):
    """Opens another share."""

    name = "ramp"
    label = "Raise or lower"
    action = Action.RAMP

    def title(self, experiment: Experiment) -> str:
        """Return what the page asks."""
        return f"How much of “{experiment.name}” is open?"

    def is_possible(self, experiment: Experiment) -> bool:
        """Return whether units may take part."""
        return experiment.status in UNDER_WAY and open_now(experiment) > 0

    def form(self, experiment: Experiment, data: Any = None) -> forms.BaseForm:
        """Return the form with the next step of the plan filled in."""
        step = experiment.ramp_steps.filter(applied_at=None).order_by("position").first()
        share = open_now(experiment)
        return RampForm(data, initial={"seen": share, "percent": step.percent if step else share})

    def run(self, experiment: Experiment, user: Any, form: Any) -> str:
        """Open the share."""
        asked, now_open = form.cleaned_data["percent"], open_now(experiment)
        if asked == now_open:
            return f"{asked} % are open; nothing more changed."
        if form.cleaned_data["seen"] not in (None, now_open):
            raise InvalidInput(
                f"{now_open} % are open by now, not {form.cleaned_data['seen']} %",
                hint="Somebody, or the plan, was faster. Open this page anew and look again.",
            )
        services.ramp_to(
            experiment_id=experiment.pk,
            percent=asked,
            actor=user.get_username(),
            reason=form.cleaned_data["reason"],
        )
        return f"{asked} % of the experiment’s buckets are open."

    def context(self, experiment: Experiment) -> dict[str, Any]:
        """Return the ramp as it stands."""
        return {"ramp": ramp_view(experiment, timezone.now())}
