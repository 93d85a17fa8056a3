"""What an approver has to look at: what was changed since somebody last approved it."""

import json
from dataclasses import dataclass
from typing import Any

from experiments.lifecycle import Status
from experiments.models import Change, Experiment
from experiments.services.conflicts import edited_since
from experiments.web.moments import moment_text

LONGEST = 600


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field as it was approved, and as it is now."""

    label: str
    before: str
    now: str


@dataclass(frozen=True, slots=True)
class SinceApproval:
    """The last approval, and what is different since; without one everything is new."""

    who: str
    when: str
    changes: tuple[FieldChange, ...]


def since_approval(experiment: Experiment) -> SinceApproval | None:
    """Return what changed since the last approval; None unless it is in review."""
    if experiment.status != Status.REVIEW:
        return None
    approval = _last_approval(experiment)
    if approval is None:
        return SinceApproval("", "", ())
    before, now = edited_since(experiment, approval.after["approved_version"])
    changes = tuple(
        FieldChange(name.replace("_", " ").capitalize(), _text(before.get(name)), _text(value))
        for name, value in now.items()
        if before.get(name) != value
    )
    return SinceApproval(approval.actor, moment_text(approval.at, experiment.site), changes)


def _last_approval(experiment: Experiment) -> Change | None:
    rows = experiment.changes.filter(action="approve", after__has_key="approved_version")
    return rows.order_by("-id").first()


def _text(value: Any) -> str:
    """Return a value as a person reads it; a long one is cut, the set-up has it whole."""
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, str):
        return value[:LONGEST]
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return "; ".join(_row(each) for each in value)[:LONGEST]
    return json.dumps(value, ensure_ascii=False)[:LONGEST]


def _row(row: dict[str, Any]) -> str:
    shown = {name: value for name, value in row.items() if name not in ("key", "name")}
    name = row.get("name") or row.get("key")
    words = ", ".join(f"{key} {json.dumps(value)}" for key, value in shown.items())
    return f"{name}: {words}" if name else words
