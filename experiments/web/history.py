"""What happened to an experiment, newest first: changes, steps, phases, the ramp, notices."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from experiments.models import Change, Experiment, Notice
from experiments.services.audit import SERVICE
from experiments.web.moments import short_moment

SHOWN = 8  # the rest is folded away
MOST = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened: when, what in words, who did it, and why."""

    at: datetime
    when: str
    text: str
    who: str
    reason: str
    tone: str


def history_of(experiment: Experiment) -> list[Entry]:
    """Return at most 200 entries, newest first."""
    changes = list(experiment.changes.order_by("-at", "-id")[:MOST])
    notices = experiment.notices.order_by("-at", "-id")[:MOST]
    entries = [_of_change(each, experiment) for each in changes]
    entries += [_of_notice(each, experiment) for each in notices]
    entries += _before_the_audit(experiment, changes)
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:MOST]


def _before_the_audit(experiment: Experiment, changes: list[Change]) -> list[Entry]:
    """Return the status changes that are older than every change on record."""
    rows = experiment.status_changes.order_by("-at", "-id")
    if changes:
        rows = rows.filter(at__lt=changes[-1].at)
    site = experiment.site
    return [
        Entry(row.at, short_moment(row.at, site), f"{row}", row.actor, row.reason, "idle")
        for row in rows[:MOST]
    ]


def _of_notice(notice: Notice, experiment: Experiment) -> Entry:
    tone = "idle" if notice.resolved_at else "warn"
    if notice.severity == Notice.Severity.ALARM and not notice.resolved_at:
        tone = "bad"
    when = short_moment(notice.at, experiment.site)
    return Entry(notice.at, when, f"Notice: {notice.title}", "", notice.detail, tone)


def _of_change(change: Change, experiment: Experiment) -> Entry:
    who = "by itself" if change.actor == SERVICE else f"by {change.actor}" * bool(change.actor)
    tone = "bad" if change.action == "kill" else "idle"
    when = short_moment(change.at, experiment.site)
    return Entry(change.at, when, words_of(change), who, change.reason, tone)


def words_of(change: Change) -> str:
    """Return what a change did, in a few words."""
    write = WORDS.get(change.action)
    return write(change.before, change.after) if write else _plain(change)


def _plain(change: Change) -> str:
    return f"{change.action.replace('_', ' ').capitalize()}: {change.subject}"


def _started(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    waived = len(after.get("waived") or ())
    more = f", {waived} warning{'' if waived == 1 else 's'} waived" if waived else ""
    return "Resumed" if before.get("status") == "paused" else f"Launched{more}"


def _edited(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    names = [name.replace("_", " ") for name in after if name != "version"]
    return f"Edited: {', '.join(names[:6])}{' …' if len(names) > 6 else ''}"


def _phase(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    weights = [f"{row['key']} {row['weight']}" for row in after.get("variants") or ()]
    return f"Phase {after.get('phase', '')} opened" + (f": {', '.join(weights)}" * bool(weights))


def _planned(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    steps = [f"{row['percent']}" for row in after.get("ramp") or ()]
    return f"Ramp planned: {' → '.join(steps)} %" if steps else "Ramp taken away"


def _answers(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    moved = f"{before.get('artifact') or 'nothing'} → {after.get('artifact') or 'nothing'}"
    who = ", ".join(after.get("variants") or ())
    return f"The {after.get('follows', '')} that {who} follows moved: {moved}"


def _decided(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    shipped = after.get("shipped_variant")
    return f"Decided: {after.get('outcome', '')}" + (f", {shipped} shipped" if shipped else "")


def _said(text: str) -> Callable[[Mapping[str, Any], Mapping[str, Any]], str]:
    return lambda _before, _after: text


WORDS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], str]] = {
    "create": _said("Draft created"),
    "submit": _said("Submitted for approval"),
    "approve": _said("Approved"),
    "reject": _said("Sent back"),
    "schedule": lambda _b, after: f"Scheduled for {str(after.get('starts_at', ''))[:16]} UTC",
    "unschedule": _said("Taken off the schedule"),
    "start": _started,
    "pause": _said("Paused"),
    "kill": _said("Killed: everybody sees the default"),
    "end": _said("Ended"),
    "archive": _said("Archived"),
    "close_enrolment": _said("Enrolment closed"),
    "ramp": lambda before, after: f"Ramp {before.get('percent')} → {after.get('percent')} %",
    "plan_ramp": _planned,
    "phase": _phase,
    "edit": _edited,
    "artifact": _answers,
    "decide": _decided,
    "ship": _said("Shipped: the placement serves the variant"),
    "waive": lambda _b, after: f"Warning waived: {after.get('check', '')}",
}
