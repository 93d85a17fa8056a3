"""Parameters that other rooms know to choose from, as fields of a form."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from experiments.models import Site
from experiments.registries import PARAMETER_CHOICES


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
