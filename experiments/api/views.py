"""Events in: the endpoint that storefronts call, as a plain view."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from msgspec import Raw

from experiments.api.bodies import decode_batch, read_body
from experiments.api.keys import authenticate, clock_of
from experiments.api.limits import spend
from experiments.api.problems import Problem, answers_problems
from experiments.api.shedding import room_for_events
from experiments.api.storefront import json_answer, storefront
from experiments.intake.accepting import accept_events
from experiments.intake.hints import hint
from experiments.intake.shapes import MAX_EVENTS, BatchContext, EventBatch
from experiments.intake.skew import skew_of
from experiments.tasks import send_drain_hint
from experiments.traffic.requests import traffic_of


@csrf_exempt
@answers_problems
def unknown_endpoint(request: HttpRequest) -> HttpResponse:
    """Refuse a path for machines that does not exist, as a problem document."""
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
    raw = read_body(request)
    site = snapshot.sites[key.site_id]
    with room_for_events(), committed():
        batch, received_at = _batch_of(raw), datetime.now(UTC)
        receipt = accept_events(
            site=site,
            events=batch.events,
            is_trusted=not key.is_publishable,
            api_key_id=key.id,
            traffic=traffic_of(request, key, site, user_agent=batch.context.user_agent),
            now=clock_of(key, site, batch.context.now),
            received_at=received_at,
            skew=_skew_of(batch.context, received_at),
        )
    return json_answer(receipt, 202)


def _skew_of(context: BatchContext, received_at: datetime) -> timedelta:
    """Return how far the sender's clock runs ahead; one that is simulated is right."""
    is_simulated = context.now is not None
    return timedelta() if is_simulated else skew_of(context.sent_at, received_at=received_at)


@contextmanager
def committed() -> Iterator[None]:
    """Raise Problem 503 when the events accepted within cannot be stored; else wake the worker."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        connection.close()
        raise Problem(
            503,
            "not_stored",
            "the events could not be stored; send them again",
            headers={"Retry-After": "2"},
        ) from error
    hint(send_drain_hint)


def _batch_of(raw: bytes) -> EventBatch:
    batch = decode_batch(raw)
    check_count(batch.events, "events")
    return batch


def check_count(events: Sequence[Raw], field: str) -> None:
    """Raise Problem 413 when a batch holds more events than one request may."""
    if len(events) > MAX_EVENTS:
        raise Problem(
            413,
            "too_many_events",
            f"{len(events)} events; at most {MAX_EVENTS}",
            field=field,
            hint="Send several batches.",
        )
