"""The page of a refused event: the failing field, the fix, replay and discard."""

from typing import Any
from uuid import uuid4

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from experiments.access import can
from experiments.admin.base import actor_of, text_of
from experiments.errors import ArmatureError
from experiments.intake.hints import hint
from experiments.models import Quarantine
from experiments.received.bodies import lines_of, pretty
from experiments.received.fixes import fix_of
from experiments.received.rows import of_quarantined
from experiments.roles import Action
from experiments.services.replay import ReplayRefused, discard_event, replay_event
from experiments.tasks import send_drain_hint
from experiments.web.events.accepted import facts_of
from experiments.web.events.places import list_url, row_of
from experiments.web.events.rows import clock_text

LONGEST_BODY = 256 * 1024


def quarantined_page(request: HttpRequest, quarantined: int) -> HttpResponse:
    """Show a refused event, or do with it what was posted: replay it, corrected, or discard it."""
    row: Quarantine = row_of(request, Quarantine, quarantined)
    if request.method != "POST":
        return _page(request, row)
    if not can(request.user, Action.EDIT, row.site_id):
        raise PermissionDenied
    try:
        said = _do(request, row)
    except ArmatureError as error:
        return _page(request, row, problem=error, body=request.POST.get("body"))
    if not said:
        return _page(request, row)
    messages.success(request, said)
    return redirect(list_url(row.site, kind="quarantined") if "discard" in said else request.path)


def _do(request: HttpRequest, row: Quarantine) -> str:
    """Do what was posted; return the sentence that says so, "" when nothing was asked for."""
    whose: dict[str, Any] = {
        "site_id": row.site_id,
        "quarantine_id": row.pk,
        "actor": actor_of(request),
    }
    match request.POST.get("do"):
        case "replay":
            return _replay(whose, None)
        case "correct":
            return _replay(whose, _posted_body(request))
        case "discard":
            reason = request.POST.get("reason", "")[:500]
            discard_event(**whose, reason=reason)
            return f"The event was discarded: {row.code}."
    return ""


def _replay(whose: dict[str, Any], body: str | None) -> str:
    done = replay_event(**whose, body=body)
    hint(send_drain_hint)
    if not done.n_events:
        return "It had been replayed before, and counts once."
    return "It was accepted, and counts as soon as it is applied."


def _posted_body(request: HttpRequest) -> str:
    body = request.POST.get("body", "")
    if len(body) > LONGEST_BODY:
        raise ReplayRefused(f"the event has more than {LONGEST_BODY} characters", field="body")
    return body


def _page(
    request: HttpRequest,
    row: Quarantine,
    *,
    problem: ArmatureError | None = None,
    body: str | None = None,
) -> HttpResponse:
    fix = fix_of(row.code)
    field = problem.field if problem and problem.field and body is not None else row.field
    is_open = row.replayed_at is None and can(request.user, Action.EDIT, row.site_id)
    context = {
        **admin.site.each_context(request),
        "title": f"Refused: {row.code}",
        "site": row.site,
        "row": row,
        "fix": fix,
        "facts": [fact for fact in facts_of(row.site, of_quarantined(row)) if fact.value],
        "last_at": clock_text(row.last_at, row.site) if row.last_at else "",
        "replayed_at": clock_text(row.replayed_at, row.site) if row.replayed_at else "",
        "lines": lines_of(row.body if body is None else body, field or ""),
        "body": pretty(row.body) if body is None else body,
        "problem": problem,
        "problem_text": text_of(problem) if problem else "",
        "is_open": is_open,
        "may_correct": is_open and row.code != "poison",
        "may_replay": is_open and fix.as_it_is and not row.is_cut,
        "free_id": uuid4() if field == "event_id" or row.code == "conflict" else "",
        "back": list_url(row.site, kind="quarantined"),
        "same_id": list_url(row.site, event_id=row.event_id) if row.event_id else "",
    }
    return TemplateResponse(request, "experiments/events/quarantined.html", context)
