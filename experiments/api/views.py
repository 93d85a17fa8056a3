"""Events in, assignments out: the endpoints that storefronts call, as plain views."""

from datetime import UTC, datetime

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from experiments.accepting import accept_events
from experiments.api.answers import Assignment, Assignments
from experiments.api.bodies import check_bag, decode, decode_batch, read_body
from experiments.api.keys import authenticate, clock_of
from experiments.api.limits import spend
from experiments.api.problems import Problem, answers_problems
from experiments.api.storefront import json_answer, storefront
from experiments.assignment.assign import decide_experiment
from experiments.assignment.specs import Decision, UnitIds, Visit
from experiments.errors import NotFound
from experiments.hints import hint
from experiments.shapes import (
    MAX_EVENTS,
    AssignmentRequest,
    EventBatch,
    assignment_decoder,
    text_id,
)
from experiments.snapshot import SiteSpec
from experiments.tasks import send_drain_hint


@csrf_exempt
@answers_problems
def unknown_endpoint(request: HttpRequest) -> HttpResponse:
    """Refuse a path under /api/ that does not exist, as a problem document."""
    raise Problem(
        404,
        "unknown_endpoint",
        f"there is no endpoint at {request.path[:200]}",
        hint="The endpoints are listed at /api/docs/.",
    )


@storefront
def events(request: HttpRequest) -> HttpResponse:
    """Accept a batch of events: committed before the 202, each event judged alone."""
    key, snapshot = authenticate(request, "events")
    spend(key.digest)
    batch = _read_batch(request)
    site = snapshot.sites[key.site_id]
    now = clock_of(key, site, batch.context.now)
    try:
        receipt = accept_events(
            site=site,
            events=batch.events,
            is_trusted=not key.is_publishable,
            now=now,
            received_at=datetime.now(UTC),
        )
    except (OperationalError, InterfaceError) as error:
        connection.close()
        raise Problem(
            503,
            "not_stored",
            "the events could not be stored; send them again",
            headers={"Retry-After": "2"},
        ) from error
    hint(send_drain_hint)
    return json_answer(receipt, 202)


def _read_batch(request: HttpRequest) -> EventBatch:
    batch = decode_batch(read_body(request))
    if len(batch.events) > MAX_EVENTS:
        raise Problem(
            413,
            "too_many_events",
            f"{len(batch.events)} events; at most {MAX_EVENTS}",
            field="events",
            hint="Send several batches.",
        )
    return batch


@storefront
def assignments(request: HttpRequest) -> HttpResponse:
    """Tell which variants a unit belongs to, with reasons; nothing is recorded."""
    key, snapshot = authenticate(request, "assign")
    spend(key.digest)
    body = decode(read_body(request), assignment_decoder)
    check_bag("attributes", body.attributes)
    decisions = _decisions(snapshot.sites[key.site_id], body)
    return json_answer(Assignments([_assignment(decision) for decision in decisions]))


def _decisions(site: SiteSpec, body: AssignmentRequest) -> list[Decision]:
    wanted = [e for e in site.published if body.experiment in (None, e.key)]
    if body.experiment is not None and not wanted:
        raise NotFound(
            f"unknown experiment {body.experiment!r}",
            known=[e.key for e in site.published],
            field="experiment",
        )
    units = UnitIds(
        visitor_id=text_id(body.unit.visitor_id),
        account_id=text_id(body.unit.account_id),
        session_id=text_id(body.session_id),
    )
    has_consent = body.consent.personalization and body.consent.analytics
    visit = Visit(units, body.attributes, has_consent=has_consent)
    return [decide_experiment(experiment, visit, site.experiments) for experiment in wanted]


def _assignment(decision: Decision) -> Assignment:
    variant = decision.variant
    return Assignment(
        experiment=decision.experiment_key or "",
        phase=decision.phase or 0,
        variant=variant.key if variant else None,
        parameters=decision.parameters if variant else None,
        in_experiment=decision.in_experiment,
        reason=decision.reason,
    )
