"""What every step of the set-up is: its place in the flow, its forms, what it saves and shows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest

from experiments.models import Experiment

Parts = dict[str, Any]  # a form or a formset by its name in the template


@dataclass(frozen=True, slots=True)
class Edit:
    """Who edits what: one step of one experiment as one person has it open."""

    experiment: Experiment
    actor: str


class StepPage:
    """One step: an address, a title, what it is for, and its forms.

    `changes` are fields of the experiment itself, saved together under one version; `save` writes
    what stands in other tables and runs after them in the same transaction.
    """

    slug: ClassVar[str]
    title: ClassVar[str]
    lead: ClassVar[str]

    @property
    def template(self) -> str:
        """Return the template of the step."""
        return f"experiments/setup/{self.slug}.html"

    def parts(self, request: HttpRequest, experiment: Experiment, data: Any = None) -> Parts:
        """Return the step's forms, filled from the experiment, bound where data are given."""
        return {}

    def changes(self, experiment: Experiment, parts: Parts) -> dict[str, Any]:
        """Return the fields of the experiment that valid forms set."""
        return {}

    def save(self, edit: Edit, parts: Parts) -> None:
        """Write what is not a field of the experiment; raises ArmatureError with the reason."""

    def context(self, request: HttpRequest, experiment: Experiment) -> dict[str, Any]:
        """Return what the step shows beside its forms."""
        return {}


def forms_of(parts: Parts) -> Iterator[forms.BaseForm]:
    """Yield every form of the parts, those of formsets one by one."""
    for part in parts.values():
        if isinstance(part, forms.BaseFormSet):
            yield from part.forms
        else:
            yield part


def are_valid(parts: Parts) -> bool:
    """Return whether all parts are valid; every one is asked, so that all errors are shown."""
    verdicts = [part.is_valid() for part in parts.values()]
    return all(verdicts)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of `after` that differ from `before`.

    >>> changed({"a": 1, "b": 2}, {"a": 1, "b": 3})
    {'b': 3}
    """
    return {name: value for name, value in after.items() if before.get(name) != value}
