"""Screens whose every change goes on the record of its site, with what was and what is."""

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from experiments.admin.base import actor_of
from experiments.models import Site
from experiments.services.audit import plain, record_change

# What no person chooses, and what is nobody's to read.
UNTOLD = frozenset({"id", "site", "created_at", "digest"})
NAMES = ("key", "slug", "name")


class Recorded(ModelAdmin):
    """Puts what is added, changed and deleted by form on record; goes before a StaffAdmin."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the row; what it was is kept until what it is can be told."""
        stored = type(obj)._default_manager.filter(pk=obj.pk).first() if obj.pk else None
        request._armature_before = facts_of(stored) if stored else {}  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save what the row is joined to, which is part of the change, and put it on record."""
        super().save_related(request, form, formsets, change)
        before: dict[str, Any] = request._armature_before  # type: ignore[attr-defined]
        record(request, form.instance, before, facts_of(form.instance))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete the row, and put it on record as it was; a site takes its record with it."""
        if not isinstance(obj, Site):
            record(request, obj, facts_of(obj), {})
        super().delete_model(request, obj)


def facts_of(row: Model) -> dict[str, Any]:
    """Return what a person may have chosen of a row, as JSON."""
    names = [each.name for each in row._meta.concrete_fields if each.name not in UNTOLD]
    joined = {each.name: list(getattr(row, each.name).all()) for each in row._meta.many_to_many}
    facts: dict[str, Any] = plain({name: getattr(row, name) for name in names} | joined)
    return facts


def record(
    request: HttpRequest, row: Any, before: dict[str, Any], after: dict[str, Any], reason: str = ""
) -> None:
    """Put on record in what a row differs; nothing where it does not."""
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not changed:
        return
    action = "edit" if before and after else "create" if after else "delete"
    name = next(getattr(row, each) for each in NAMES if hasattr(row, each))
    record_change(
        site=row if isinstance(row, Site) else row.site,
        subject=f"{row._meta.verbose_name} {name}",
        action=action,
        actor=actor_of(request),
        before={name: before[name] for name in changed if name in before},
        after={name: after[name] for name in changed if name in after},
        reason=reason,
    )
