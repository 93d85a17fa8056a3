"""Decide, serve, record: what one call for recommendations does."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec import structs

from experiments.assignment.assign import decide_placement
from experiments.assignment.specs import Decision, PlacementSpec, UnitIds
from experiments.clock import microseconds
from experiments.errors import NotFound
from experiments.intake.recorder import record_slate
from experiments.intake.shapes import Consent, SlateRequest, text_id
from experiments.intake.slates import ServedSlate
from experiments.models.traffic import Traffic
from experiments.snapshot import SiteSpec
from experiments.subjects.hashing import hashed_units
from experiments.subjects.suppression import is_suppressed
from experiments.tokens import exposure_token, token_to_keep
from experiments.traffic.requests import as_counted
from experiments.visits import IgnoredToken, units_of, visit_of
from recommenders import state
from recommenders.reranking.settings import with_defaults
from recommenders.serving import CHAMPION, POPULARITY, Served, Wish, serve

NOBODY = UnitIds()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Everything that the answer says."""

    request_id: uuid.UUID
    decision: Decision
    served: Served
    recorded: str
    token: str | None
    kept_token: str | None = None
    ignored: list[IgnoredToken] = field(default_factory=list)


def recommend(
    *,
    site: SiteSpec,
    body: SlateRequest,
    now: datetime,
    send_hint: Callable[[], object],
    may_test: bool = False,
    traffic: str = "",
) -> Recommendation:
    """Return the list of the unit's variant, recorded; `traffic` is its kind, "" for a shopper's.

    Raises NotFound for an unknown placement, TestingRefused for a tester that `may_test` is not.
    """
    began = time.perf_counter_ns()
    placement = placement_of(site, body.placement)
    body = _as_agreed(site, body)
    asked = visit_of(body, site_id=site.id, may_test=may_test, context=_context(body), now=now)
    units = asked.visit.units
    decision = decide_placement(placement, asked.visit, site.experiments)
    decision = as_counted(decision, placement, traffic)
    request_id = uuid.uuid4()
    wish = _wish(site, body, units, request_id, now)
    served = serve(wish, _parameters(body, placement, decision), state.current())
    traffic = traffic or (Traffic.INTERNAL.value if body.qa else "")
    slate = _slate(site, body, units, decision, served, request_id, now, traffic)
    latency_us = (time.perf_counter_ns() - began) // 1000
    recorded = _record(site, body, slate(latency_us), send_hint)
    return Recommendation(
        request_id,
        decision,
        served,
        recorded,
        _token(site, request_id, decision) if body.consent.analytics else None,
        token_to_keep(site.experiments.get(decision.experiment_id or 0), decision, site_id=site.id),
        asked.ignored,
    )


def _token(site: SiteSpec, request_id: uuid.UUID, decision: Decision) -> str:
    variant_id = decision.variant.id if decision.variant else None
    return exposure_token(site_id=site.id, request_id=request_id, variant_id=variant_id)


def _as_agreed(site: SiteSpec, body: SlateRequest) -> SlateRequest:
    """Return the request; that of an erased unit as one without consent to analytics."""
    if not is_suppressed(site.id, site.erased, units_of(body)):
        return body
    return structs.replace(body, consent=Consent(body.consent.personalization, analytics=False))


def placement_of(site: SiteSpec, key: str) -> PlacementSpec:
    """Return a placement of the site; raises NotFound with those that exist."""
    placement = site.placements.get(key)
    if placement is None:
        raise NotFound(f"unknown placement {key!r}", known=list(site.placements), field="placement")
    return placement


def _context(body: SlateRequest) -> dict[str, Any]:
    """Return what the page tells besides the attributes, which go before it."""
    context = {"device": body.context.device, "country": body.context.country}
    return {name: value for name, value in context.items() if value is not None}


def _attributes(body: SlateRequest) -> dict[str, Any]:
    """Return what segments may look at."""
    return {**_context(body), **body.attributes}


def _parameters(
    body: SlateRequest, placement: PlacementSpec, decision: Decision
) -> Mapping[str, Any]:
    """Return what is served by; what a variant leaves open of re-ranking is the placement's."""
    parameters: Mapping[str, Any] = decision.parameters
    if not body.consent.personalization:
        parameters = {**parameters, "recommender": POPULARITY, "artifact": CHAMPION}
    return with_defaults(parameters, placement.parameters)


def _wish(
    site: SiteSpec, body: SlateRequest, units: UnitIds, request_id: uuid.UUID, now: datetime
) -> Wish:
    """Return what is asked for; without consent to personalisation it is nobody's list."""
    context, may_know = body.context, body.consent.personalization
    excluded = {text_id(item_id) for item_id in context.cart}
    if context.item_id is not None:
        excluded.add(text_id(context.item_id))
    if may_know and site.hash_ids:  # artifacts know units as rows do
        units = hashed_units(site.id, units)
    return Wish(
        site_id=site.id,
        units=units if may_know else NOBODY,
        k=body.k,
        excluded=frozenset(excluded),
        placement=body.placement,
        now_us=microseconds(now),
        seed=request_id.int,
        country=context.country or "",
        attributes=_attributes(body) if may_know else {},
        viewed=_viewed(body) if may_know else (),
        may_know=may_know,
        is_timed=not site.is_simulated,
    )


def _viewed(body: SlateRequest) -> tuple[str, ...]:
    """Return what the page says the visitor looked at, newest first, nothing twice."""
    shown = () if body.context.item_id is None else (body.context.item_id,)
    return tuple(dict.fromkeys(map(text_id, (*shown, *body.context.recent_items))))


def _slate(
    site: SiteSpec,
    body: SlateRequest,
    units: UnitIds,
    decision: Decision,
    served: Served,
    request_id: uuid.UUID,
    now: datetime,
    traffic: str,
) -> Callable[[int], ServedSlate]:
    """Return the record of this list, but for the time it took."""
    variant = decision.variant

    def with_latency(latency_us: int) -> ServedSlate:
        return ServedSlate(
            site_id=site.id,
            request_id=request_id,
            placement=body.placement,
            served_at=now,
            visitor_id=units.visitor_id,
            account_id=units.account_id,
            session_id=units.session_id,
            experiment_id=decision.experiment_id if variant else None,
            phase=decision.phase if variant else None,
            variant_id=variant.id if variant else None,
            unit_id=decision.unit_id if variant else "",
            unit_type=decision.unit_type if variant else "",
            reason=decision.reason,
            recommender=served.recommender,
            artifact=served.artifact,
            items=served.items,
            fallback=served.fallback,
            latency_us=latency_us,
            attributes=_attributes(body) if body.consent.personalization else {},
            traffic=traffic,
        )

    return with_latency


def _record(
    site: SiteSpec, body: SlateRequest, slate: ServedSlate, send_hint: Callable[[], object]
) -> str:
    """Record the slate unless the visitor refused analytics; return what was recorded."""
    if not body.consent.analytics:
        return "none"
    return record_slate(slate, mode=site.exposure_mode, send_hint=send_hint)
