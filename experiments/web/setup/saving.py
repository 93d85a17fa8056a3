"""Saving a step: on the version that was read, or with the differences shown instead."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import transaction

from experiments import services
from experiments.models import Experiment
from experiments.web.setup.page import Edit, Parts, StepPage, forms_of

MAX_VERSION = 2**31 - 1


@transaction.atomic
def save_step(
    page: StepPage, experiment: Experiment, parts: Parts, *, actor: str, version: int
) -> Experiment:
    """Save valid forms, all of a step or nothing; return the row.

    Raises EditConflict when somebody else was first, ArmatureError on what cannot be.
    """
    saved = services.edit_experiment(
        experiment_id=experiment.pk,
        actor=actor,
        version=version,
        changes=page.changes(experiment, parts),
    )
    page.save(Edit(saved, actor), parts)
    return saved


def version_of(posted: Any) -> int:
    """Return the version that a page was made from; 0, which never is current, on nonsense."""
    text = str(posted or "")
    is_number = text.isascii() and text.isdecimal() and len(text) <= 10
    return min(int(text), MAX_VERSION) if is_number else 0


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of the step on which two editors differ, as the page shows values."""

    label: str
    yours: str
    theirs: str


def differences(mine: Parts, stored: Parts) -> list[Difference]:
    """Return where posted forms differ from the same forms filled from what is stored now."""
    theirs = {
        form.add_prefix(name): form[name] for form in forms_of(stored) for name in form.fields
    }
    found = []
    for form in forms_of(mine):
        for name in form.fields:
            other = theirs.get(form.add_prefix(name))
            pair = (_shown(form[name]), _shown(other) if other else "")
            if pair[0] != pair[1] and not form[name].is_hidden:
                found.append(Difference(_label(form[name]), *pair))
    return found


def _label(field: forms.BoundField) -> str:
    """Return the field's label, with the row's name where the field stands in one of several."""
    form = field.form
    row = str(form["name"].value() or "") if form.prefix and "name" in form.fields else ""
    return f"{row}: {field.label}" if row else str(field.label)


def _shown(field: forms.BoundField) -> str:
    """Return a field's value as text, a choice by its label."""
    value = field.value()
    if isinstance(field.field, forms.BooleanField):
        return "yes" if value else "no"
    if isinstance(field.field, forms.ChoiceField):
        return str(_labels(field.field.choices).get(str(value), "" if value is None else value))
    return str(field.field.prepare_value("" if value is None else value)).strip()


def _labels(choices: Any) -> dict[str, str]:
    flat: dict[str, str] = {}
    for value, label in choices:
        if isinstance(label, list | tuple):
            flat |= _labels(label)
        else:
            flat[str(value)] = str(label)
    return flat
