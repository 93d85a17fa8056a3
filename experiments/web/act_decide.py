"""Decide an ended experiment: the outcome, why, what is shipped, and what follows."""

from typing import Any

from django import forms

from experiments import services
from experiments.admin.panel import report_url
from experiments.errors import AlreadyDecided
from experiments.lifecycle import Status
from experiments.models import DecisionRecord, Experiment
from experiments.roles import Action
from experiments.services.decisions import analysis_snapshot
from experiments.web.acts import Act
from experiments.web.fields import text
from experiments.web.life import analysis_text

NOTHING = ""


class DecideForm(forms.Form):
    """What is decided."""

    outcome = forms.ChoiceField(choices=DecisionRecord.Outcome.choices, widget=forms.RadioSelect)
    shipped_variant = forms.ChoiceField(
        required=False,
        label="Everybody gets from now on",
        help_text="An experiment is won by the treatment that is shipped.",
    )
    reason = text(
        rows=3,
        longest=5_000,
        label="Reason",
        help_text="What you saw and why you decide so; whoever finds it in a year knows no more.",
    )
    follow_up = text(
        rows=2,
        longest=5_000,
        required=False,
        label="What follows",
        help_text="The next question, the clean-up, who does it.",
    )

    def __init__(self, *args: Any, experiment: Experiment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["shipped_variant"]
        default = "what the placement serves by default, as before"
        variants = [(each.key, each.name) for each in experiment.variants.all()]
        chosen.choices = [(NOTHING, default), *variants]


class DecideAct(Act):
    """Records a decision."""

    name = "decide"
    label = "Decide"
    action = Action.DECIDE

    def title(self, experiment: Experiment) -> str:
        """Return what the page asks."""
        return f"What is decided about “{experiment.name}”?"

    def is_possible(self, experiment: Experiment) -> bool:
        """Return whether it is over and undecided."""
        is_over = experiment.status in (Status.ENDED, Status.ARCHIVED)
        return is_over and not DecisionRecord.objects.filter(experiment=experiment).exists()

    def form(self, experiment: Experiment, data: Any = None) -> forms.BaseForm:
        """Return the form with the site's variants."""
        return DecideForm(data, experiment=experiment)

    def run(self, experiment: Experiment, user: Any, form: Any) -> str:
        """Record the decision; a second click finds the first one's record."""
        data = form.cleaned_data
        try:
            record = services.record_decision(
                experiment_id=experiment.pk,
                outcome=data["outcome"],
                reason=data["reason"],
                user=user,
                shipped_variant=data["shipped_variant"] or None,
                follow_up=data["follow_up"],
            )
        except AlreadyDecided as error:
            return f"Nothing more was recorded: {error}."
        shipped = record.shipped_variant
        more = f" Everybody gets {shipped.name} from now on." if shipped else ""
        return f"Decided: {record.get_outcome_display()}.{more}"

    def context(self, experiment: Experiment) -> dict[str, Any]:
        """Return the analysis that is kept with the decision."""
        analysis = analysis_snapshot(experiment) if self.is_possible(experiment) else {}
        return {
            "analysis": analysis_text(analysis, experiment),
            "report_url": report_url(experiment) if experiment.started_at else "",
        }
