"""Step 7: what could spoil the experiment, found before anybody is exposed."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest

from experiments import services
from experiments.errors import ArmatureError
from experiments.models import Experiment
from experiments.registries import Check
from experiments.web.fields import text
from experiments.web.setup.page import Edit, Parts, StepPage


class WaiveForm(forms.Form):
    """Why a warning is let be."""

    code = forms.CharField(max_length=60, widget=forms.HiddenInput)
    reason = text(
        rows=2,
        longest=1_000,
        label="Why it may be so",
        help_text="Kept with the experiment, under your name.",
    )


@dataclass(frozen=True, slots=True)
class Checklist:
    """All checks of a launch, failed ones first."""

    hard: tuple[Check, ...]
    soft: tuple[Check, ...]

    @property
    def blocking(self) -> list[Check]:
        """Return the checks that forbid the launch."""
        return [check for check in self.hard if not check.passed]

    @property
    def open_warnings(self) -> list[Check]:
        """Return the warnings that stand and nobody has waived."""
        return [check for check in self.soft if not check.passed and not check.waived]

    @property
    def n_passed(self) -> int:
        """Return how many of the hard checks passed."""
        return len(self.hard) - len(self.blocking)

    @property
    def is_clear(self) -> bool:
        """Return whether nothing is left to mend or to waive."""
        return not self.blocking and not self.open_warnings


def checklist_of(experiment: Experiment) -> Checklist:
    """Return every check of the experiment's launch."""
    checks = sorted(
        services.launch_checks(experiment), key=lambda check: (check.passed, bool(check.waived))
    )
    return Checklist(
        hard=tuple(check for check in checks if check.is_hard),
        soft=tuple(check for check in checks if not check.is_hard),
    )


class ChecksPage(StepPage):
    """What is checked."""

    slug = "checks"
    title = "Checks"
    lead = "What could spoil the experiment, found before anybody is exposed."

    def parts(self, request: HttpRequest, experiment: Experiment, data: Any = None) -> Parts:
        """Return the form of a waiver where one was posted; moving on posts none."""
        return {"waiver": WaiveForm(data)} if data is None or data.get("code") else {}

    def save(self, edit: Edit, parts: Parts) -> None:
        """Waive the check."""
        if form := parts.get("waiver"):
            try:
                services.waive_check(
                    experiment_id=edit.experiment.pk, actor=edit.actor, **form.cleaned_data
                )
            except ArmatureError as error:
                form.add_error("reason", str(error))
                raise

    def context(self, request: HttpRequest, experiment: Experiment) -> dict[str, Any]:
        """Return the checks."""
        return {"checklist": checklist_of(experiment)}
