"""The audit: one appended row for each change, with what it was before and what it is now."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model
from django.utils import timezone

from experiments.models import Change, Experiment, Site
from experiments.services.storable import require_storable

# What the service does by itself carries this name.
SERVICE = "armature"
NAME_LENGTH = 200


def record_change(
    *,
    site: Site,
    subject: str,
    action: str,
    actor: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    experiment: Experiment | None = None,
    reason: str = "",
) -> Change:
    """Append who changed what, from what, to what, and why; return the row.

    `subject`: what was changed, such as "layer home". `before` and `after`: only what differs;
    rows are told by their keys, times in ISO 8601. Raises InvalidInput on what cannot be stored.
    """
    require_storable(reason, field="reason")
    documents = {"before": plain(before), "after": plain(after)}
    require_storable(documents, field="after")
    return Change.objects.create(
        site=site,
        experiment=experiment,
        subject=subject[:NAME_LENGTH],
        action=action,
        actor=actor[:NAME_LENGTH],
        at=timezone.now(),
        reason=reason,
        **documents,
    )


def record_step(
    experiment: Experiment,
    action: str,
    *,
    actor: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str = "",
) -> Change:
    """Append a change of an experiment; return the row."""
    return record_change(
        site=experiment.site,
        experiment=experiment,
        subject=f"experiment {experiment.key}",
        action=action,
        actor=actor,
        before=before,
        after=after,
        reason=reason,
    )


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: rows by key or name, times as text, drafts as objects."""
    match value:
        case Mapping():
            return {str(name): plain(each) for name, each in value.items()}
        case str() | bool() | int() | float() | None:
            return value
        case datetime() | date():
            return value.isoformat()
        case AbstractBaseUser():
            return value.get_username()
        case Model():
            return getattr(value, "key", value.pk)
        case Sequence() | set() | frozenset():
            return [plain(each) for each in value]
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    return str(value)
