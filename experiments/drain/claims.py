"""Exposures that storefronts claim for lists of their own, checked by recomputing them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from experiments.assignment.assign import decide_experiment
from experiments.assignment.specs import Decision, ExperimentSpec, UnitIds, Visit
from experiments.clock import day_of
from experiments.drain.documents import StoredEvent
from experiments.drain.exposures import Sighting
from experiments.drain.phases import Split, split_at, splits_of
from experiments.intake.shapes import EventIn, encoder
from experiments.models import Event, Quarantine, Site
from experiments.snapshot import compilable, compile_experiment
from experiments.subjects.hashing import stored_id
from experiments.subjects.hiding import hidden_body, with_hashes
from experiments.tokens import kept_claim
from experiments.visits import attributes_of

MISMATCH = "exposure_mismatch"


@dataclass(frozen=True, slots=True)
class Compiled:
    """An experiment now and in its phases, and by id those that its prerequisites lead to."""

    spec: ExperimentSpec
    splits: list[Split]
    required: dict[int, ExperimentSpec]


@dataclass(frozen=True, slots=True)
class Claim:
    """An exposure event with its unit's ids, completed, and its moment, corrected."""

    site: Site
    event: EventIn
    units: UnitIds
    moment: datetime
    received_at: datetime


def is_claim(event: EventIn | StoredEvent | Event) -> bool:
    """Return whether the event claims that its unit met a variant."""
    return event.type == "exposure"


def check_claims(claims: Iterable[Claim]) -> list[Sighting]:
    """Return the claims that hold; those that do not are quarantined with the reason."""
    sightings: list[Sighting] = []
    compiled: dict[tuple[int, str], Compiled | None] = {}
    for claim in claims:
        key = (claim.site.pk, str(claim.event.properties.get("experiment", ""))[:80])
        if key not in compiled:
            compiled[key] = _compiled(*key)
        decision = _decide(compiled[key], claim)
        if problem := _problem_of(claim.event, decision):
            _quarantine(claim, problem)
        elif decision is not None:
            sightings.append(_sighting(claim, decision))
    return sightings


def outcome_of(claim: Claim) -> Sighting | str:
    """Return the sighting that a claim amounts to, or why it does not hold."""
    key = str(claim.event.properties.get("experiment", ""))[:80]
    decision = _decide(_compiled(claim.site.pk, key), claim)
    problem = _problem_of(claim.event, decision)
    return _sighting(claim, decision) if decision and not problem else problem


def _compiled(site_id: int, key: str) -> Compiled | None:
    """Return an experiment with all that its claims are checked by, None for an unknown one."""
    rows = compilable().filter(site_id=site_id)
    row = rows.filter(key=key).first()
    if row is None:
        return None
    spec = compile_experiment(row)
    required = rows.exclude(status="archived") if spec.prerequisites else ()
    return Compiled(
        spec, splits_of(row, spec), {each.pk: compile_experiment(each) for each in required}
    )


def _decide(compiled: Compiled | None, claim: Claim) -> Decision | None:
    if compiled is None:
        return None
    spec = split_at(compiled.splits, claim.moment, now=compiled.spec)
    return decide_experiment(spec, _visit(claim), compiled.required)


def _visit(claim: Claim) -> Visit:
    """Return the visit as the endpoints see it; `properties.kept` is the token of a sticky unit."""
    token = claim.event.properties.get("kept")
    kept = kept_claim(token, site_id=claim.site.pk) if isinstance(token, str) else None
    return Visit(
        claim.units,
        attributes_of(claim.units, claim.event.attributes),
        kept={kept[0]: kept[1:]} if kept else {},
    )


def _problem_of(event: EventIn, decision: Decision | None) -> str:
    if decision is None:
        return "unknown experiment in properties.experiment"
    if decision.variant is None or not decision.in_experiment:
        return f"the unit is in no variant that counts: {decision.reason}"
    claimed = event.properties.get("variant")
    if claimed != decision.variant.key:
        return f"the unit belongs to {decision.variant.key!r}, not to the variant claimed"
    return ""


def _sighting(claim: Claim, decision: Decision) -> Sighting:
    variant, site, attributes = decision.variant, claim.site, claim.event.attributes
    if site.hash_ids:  # decided by the raw id, kept by its hash
        attributes = with_hashes(attributes, site_id=site.pk, ids=(decision.unit_id,))
    return Sighting(
        experiment_id=decision.experiment_id or 0,
        phase=decision.phase or 0,
        unit_id=stored_id(decision.unit_id, site_id=site.pk, hash_ids=site.hash_ids),
        unit_type=decision.unit_type,
        variant_id=variant.id if variant else 0,
        at=claim.moment,
        day=day_of(claim.moment, site.timezone),
        attributes=attributes,
    )


def _quarantine(claim: Claim, problem: str) -> None:
    body = encoder.encode(claim.event).decode()
    Quarantine.objects.create(
        site=claim.site,
        received_at=claim.received_at,
        code=MISMATCH,
        field="properties",
        detail=problem,
        event_id=str(claim.event.event_id),
        body=hidden_body(body, site_id=claim.site.pk) if claim.site.hash_ids else body,
    )
