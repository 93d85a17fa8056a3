"""Which site a row belongs to, and which rows are within somebody's reach."""

import copy
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet

from experiments.access import can, can_somewhere, people_within, site_ids_of
from experiments.models import Site
from experiments.roles import Action

PARENTS = ("site", "experiment", "webhook")  # a row's site is that of the first it has


def path_to_site(model: type[Model]) -> str | None:
    """Return the lookup from a row to its site's id; None for what belongs to no site.

    >>> from experiments.models import Exposure, Layer
    >>> path_to_site(Layer), path_to_site(Exposure)
    ('site_id', 'experiment__site_id')
    """
    if model is Site:
        return "pk"
    parents = {field.name: field.related_model for field in model._meta.fields}
    for name in PARENTS:
        parent: Any = parents.get(name)
        if parent is Site:
            return f"{name}_id"
        if parent is not None:
            return f"{name}__{path_to_site(parent)}"
    return None


def site_id_of(row: Model) -> int | None:
    """Return the id of a row's site; None for what belongs to none, or to every one."""
    path = path_to_site(type(row))
    found: Any = row
    for step in path.split("__") if path else ():
        found = getattr(found, step, None)
    return found if path else None


def reaches(user: Any, action: Action, model: type[Model], row: Model | None = None) -> bool:
    """Return whether somebody may do this to a row; without one, to any row of the model."""
    if path_to_site(model) is None:
        return can(user, action, None)
    site_id = site_id_of(row) if row is not None else None
    if row is None or (site_id is None and row.pk is None):  # a row to be, of no site yet
        return can_somewhere(user, action)
    return can(user, action, site_id)


def within(rows: QuerySet, user: Any, action: Action) -> QuerySet:
    """Return those of the rows to which somebody may do this."""
    path = path_to_site(rows.model)
    if can(user, action, None):
        return rows
    if path is None:
        return rows.none()
    return rows.filter(**{f"{path}__in": site_ids_of(user, action)})


def choices_within(rows: QuerySet, user: Any, action: Action) -> QuerySet:
    """Return those of the rows that somebody may choose; what belongs to no site is for all."""
    if rows.model is get_user_model():
        return people_within(rows, user, action)
    return rows if path_to_site(rows.model) is None else within(rows, user, action)


def limit_choices(form: Any, user: Any, action: Action) -> None:
    """Offer in a form only rows of sites where somebody may do this; others are refused.

    The fields are replaced: those that a class declares are shared by every request.
    """
    for name, field in list(form.base_fields.items()):
        if isinstance(field, forms.ModelChoiceField):
            mine: Any = copy.deepcopy(field)
            mine.queryset = choices_within(mine.queryset, user, action)
            form.base_fields[name] = mine
