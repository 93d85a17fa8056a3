"""Parameters that other rooms know to choose from, as fields of a form."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from experiments.admin.base import text_of
from experiments.admin.fields import SafeJSONField
from experiments.errors import ArmatureError
from experiments.models import Site
from experiments.registries import PARAMETER_CHOICES, PARAMETER_DOCUMENTS


def choice_fields(sites: Iterable[Site], *, empty: str) -> dict[str, forms.Field]:
    """Return a field per choice with the options of these sites.

    Before a row's site is known, give those it may become of. `empty`: what choosing nothing means.
    """
    known = list(sites)
    return {
        choice.name: forms.ChoiceField(
            label=choice.label,
            required=False,
            choices=[("", empty), *_options(choice.options, known)],
            widget=UnfoldAdminSelectWidget(),
        )
        for choice in PARAMETER_CHOICES
    }


def document_fields() -> dict[str, forms.Field]:
    """Return a field per parameter that is taken as JSON."""
    return {
        each.name: SafeJSONField(label=each.label, help_text=each.help_text, required=False)
        for each in PARAMETER_DOCUMENTS
    }


def wrong_documents(data: Mapping[str, Any]) -> dict[str, str]:
    """Return, per parameter taken as JSON, why it cannot be what a form says."""
    problems = {}
    for each in PARAMETER_DOCUMENTS:
        try:
            each.check(data.get(each.name) or {})
        except ArmatureError as error:
            problems[each.name] = text_of(error)
    return problems


def with_documents(parameters: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters with what a form says of those that are taken as JSON."""
    given = {each.name: data.get(each.name) for each in PARAMETER_DOCUMENTS if each.name in data}
    kept = {name: value for name, value in parameters.items() if name not in given}
    return kept | {name: value for name, value in given.items() if value}


def _options(options_of: Any, sites: list[Site]) -> list[tuple[str, str]]:
    """Return the options of all these sites; one that not every site has names those that do."""
    owners: dict[tuple[str, str], list[str]] = {}
    for site in sites:
        for option in options_of(site):
            owners.setdefault(option, []).append(site.name)
    return [
        (value, label if len(names) == len(sites) else f"{label} · {', '.join(names)}")
        for (value, label), names in owners.items()
    ]


def choices_of(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what a form's data chose."""
    return {choice.name: data.get(choice.name) or "" for choice in PARAMETER_CHOICES}


def wrong_choices(site: Site, chosen: Mapping[str, str]) -> dict[str, str]:
    """Return, per parameter, why its choice is impossible in this site."""
    problems = {}
    for choice in PARAMETER_CHOICES:
        known = [value for value, _label in choice.options(site)]
        value = chosen.get(choice.name)
        if value and value not in known:
            problems[choice.name] = f"{site.name} has no {value!r}; it has: {', '.join(known)}."
    return problems


def with_choices(parameters: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters with these choices; another recommender voids the pinned artifact."""
    result = dict(parameters)
    for name, value in chosen.items():
        if value != result.get(name, ""):
            result.pop("artifact", None)
        result.pop(name, None)
        result |= {name: value} if value else {}
    return result
