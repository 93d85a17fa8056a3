"""Open a new phase: other weights or parameters, under a new seed."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db import transaction

from experiments import services
from experiments.errors import ArmatureError
from experiments.lifecycle import UNDER_WAY
from experiments.models import Experiment, Variant
from experiments.roles import Action
from experiments.web.acts import Act
from experiments.web.fields import text, whole
from experiments.web.setup.saving import version_of
from experiments.web.setup.variants import VariantForm, row_of


class PhaseVariantForm(VariantForm):
    """A variant as the next phase has it: its weight and what it shows; its key stays."""

    weight = whole(1, 10_000, label="Weight")

    def __init__(self, *args: Any, variant: Variant, **kwargs: Any) -> None:
        self.variant = variant
        initial = {**row_of(variant), "weight": variant.weight}
        super().__init__(*args, site=variant.experiment.site, initial=initial, **kwargs)
        del self.fields["name"], self.fields["key"]


class ReasonForm(forms.Form):
    """Why a new phase is opened, and of which version of the experiment."""

    version = forms.CharField(widget=forms.HiddenInput, max_length=20)
    reason = text(
        rows=2, longest=1_000, label="Reason", help_text="Kept with the phase and in the history."
    )


class PhaseForm:
    """The reason and one form for each variant, valid together."""

    def __init__(self, experiment: Experiment, data: Any) -> None:
        self.why = ReasonForm(data, initial={"version": experiment.version})
        self.variants = [
            PhaseVariantForm(data, variant=variant, prefix=f"variants-{place}")
            for place, variant in enumerate(_variants(experiment))
        ]

    def is_valid(self) -> bool:
        """Return whether every form is; all are asked, so that all errors are shown."""
        verdicts = [each.is_valid() for each in (self.why, *self.variants)]
        return all(verdicts)

    def weights(self) -> dict[str, int]:
        """Return the weights by the variants' keys."""
        return {each.variant.key: each.cleaned_data["weight"] for each in self.variants}

    def parameters(self) -> dict[str, dict[str, Any]]:
        """Return the parameters of those variants that show something else, by their keys."""
        return dict(self._changed())

    def _changed(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for each in self.variants:
            if set(each.changed_data) - {"weight"}:
                yield each.variant.key, _settled(each)


def _variants(experiment: Experiment) -> list[Variant]:
    rows = list(experiment.variants.all())
    for row in rows:
        row.experiment = experiment  # its site is known; no query for each
    return rows


def _settled(form: PhaseVariantForm) -> dict[str, Any]:
    try:
        return form.parameters()
    except ArmatureError as error:
        form.add_error(None, f"{error}. {error.hint or ''}".strip())
        raise


class PhaseAct(Act):
    """Opens a new phase."""

    name = "phase"
    label = "New phase"
    action = Action.RAMP
    tone = "danger"

    def title(self, experiment: Experiment) -> str:
        """Return what the page asks."""
        return f"Open phase {experiment.phase + 1} of “{experiment.name}”?"

    def is_possible(self, experiment: Experiment) -> bool:
        """Return whether it runs or is paused, and somebody new may count."""
        return experiment.status in UNDER_WAY and experiment.enrolment_closed_at is None

    def form(self, experiment: Experiment, data: Any = None) -> Any:
        """Return the forms of the reason and of the variants."""
        return PhaseForm(experiment, data)

    def run(self, experiment: Experiment, user: Any, form: Any) -> str:
        """Open the phase, on the version that the page showed."""
        version = version_of(form.why.cleaned_data["version"])
        with transaction.atomic():
            services.require_unchanged(experiment_id=experiment.pk, version=version)
            opened = services.open_phase(
                experiment_id=experiment.pk,
                actor=user.get_username(),
                reason=form.why.cleaned_data["reason"],
                weights=form.weights(),
                parameters=form.parameters(),
            )
        return f"Phase {opened.phase} has begun: every unit is split anew."
