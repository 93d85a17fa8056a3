"""Segment's protocol: its libraries, pointed at us, send events that end in the reports.

What the released libraries do with each answer was measured; the rules that follow from it are in
docs/decisions/0026-segment.md.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from django.http import HttpRequest, HttpResponse
from msgspec import Raw

from experiments.api.bodies import decode, decode_items, read_body
from experiments.api.keys import authenticate, clock_of
from experiments.api.limits import spend
from experiments.api.shedding import room_for_events
from experiments.api.storefront import json_answer, storefront
from experiments.api.views import check_count, committed, unknown_endpoint
from experiments.intake.accepting import accept_events
from experiments.segment.identity import skew_of
from experiments.segment.mapping import Source, event_bytes
from experiments.segment.messages import KINDS, Head, batch_decoder, head_decoder
from experiments.snapshot import KeySpec, SiteSpec
from experiments.traffic.requests import traffic_of


def batch_view(request: HttpRequest) -> HttpResponse:
    """Accept several messages; a bad one is in quarantine, and the others are not resent for it."""
    early = _early_caller(request)
    body = decode_items(read_body(request), batch_decoder, "batch")
    key, site = early or _caller(request, body.write_key)
    check_count(body.batch, "batch")
    traffic = traffic_of(request, key, site)
    return _commit(key, site, body, body.batch, traffic)


def single_view(request: HttpRequest, kind: str) -> HttpResponse:
    """Accept one message of the kind that the address names."""
    if kind not in KINDS:
        return unknown_endpoint(request)
    early = _early_caller(request)
    raw = read_body(request)
    head = decode(raw, head_decoder)
    key, site = early or _caller(request, head.write_key)
    traffic = traffic_of(request, key, site)
    return _commit(key, site, head, [Raw(raw)], traffic, kind)


def _commit(
    key: KeySpec,
    site: SiteSpec,
    head: Head,
    messages: Sequence[Raw],
    traffic: str,
    kind: str = "",
) -> HttpResponse:
    """Commit the messages and answer; what is refused was quarantined in the same transaction."""
    received_at = datetime.now(UTC)
    skew = skew_of(head.sent_at, received_at=received_at)
    source = Source(site.id, site.currency, received_at, skew)
    with room_for_events(), committed():
        accept_events(
            site=site,
            events=messages,
            is_trusted=not key.is_publishable,
            api_key_id=key.id,
            traffic=traffic,
            now=clock_of(key, site, None),
            received_at=received_at,
            translate=partial(event_bytes, source=source, kind=kind),
        )
    return json_answer({"success": True})


def _early_caller(request: HttpRequest) -> tuple[KeySpec, SiteSpec] | None:
    """Return who calls, before the body is read; None when only the body can tell."""
    given = _user_name(request)
    has_other = any(
        (
            request.META.get("HTTP_AUTHORIZATION", "").lower().startswith("bearer "),
            request.META.get("HTTP_X_API_KEY"),
            request.GET.get("key"),
        )
    )
    return _caller(request, given) if given or has_other else None


def _caller(request: HttpRequest, given: object) -> tuple[KeySpec, SiteSpec]:
    """Return the key and its site, its rate limit spent; raises Problem 401, 403 or 429."""
    write_key = given if isinstance(given, str) and given else None
    key, snapshot = authenticate(request, "events", given=write_key)
    spend(key.digest)
    return key, snapshot.sites[key.site_id]


def _user_name(request: HttpRequest) -> str:
    """Return the user name of Basic authentication, which is the write key; "" without one."""
    scheme, _, value = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        pair = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return pair.partition(":")[0]


batch = storefront(batch_view)
single = storefront(single_view)
