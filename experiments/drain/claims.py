"""Exposures that storefronts claim for lists of their own, checked by recomputing them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from experiments.assignment.assign import decide_experiment
from experiments.assignment.specs import Decision, ExperimentSpec, UnitIds, Visit
from experiments.clock import day_of
from experiments.drain.exposures import Sighting
from experiments.models import Quarantine, Site
from experiments.shapes import EventIn, encoder
from experiments.snapshot import compilable, compile_experiment


@dataclass(frozen=True, slots=True)
class Claim:
    """An exposure event with its unit's ids, completed, and its moment, corrected."""

    site: Site
    event: EventIn
    units: UnitIds
    moment: datetime
    received_at: datetime


def is_claim(event: EventIn) -> bool:
    """Return whether the event claims that its unit met a variant."""
    return event.type == "exposure"


def check_claims(claims: Iterable[Claim]) -> list[Sighting]:
    """Return the claims that hold; those that do not are quarantined with the reason."""
    sightings: list[Sighting] = []
    specs: dict[tuple[int, str], ExperimentSpec | None] = {}
    for claim in claims:
        key = (claim.site.pk, str(claim.event.properties.get("experiment", ""))[:80])
        if key not in specs:
            specs[key] = _spec_of(*key)
        decision = _decide(specs[key], claim)
        if problem := _problem_of(claim.event, decision):
            _quarantine(claim, problem)
        elif decision is not None:
            sightings.append(_sighting(claim, decision))
    return sightings


def _spec_of(site_id: int, key: str) -> ExperimentSpec | None:
    row = compilable().filter(site_id=site_id, key=key).first()
    return compile_experiment(row) if row else None


def _decide(spec: ExperimentSpec | None, claim: Claim) -> Decision | None:
    if spec is None:
        return None
    return decide_experiment(spec, Visit(claim.units, claim.event.attributes))


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
    variant = decision.variant
    return Sighting(
        experiment_id=decision.experiment_id or 0,
        phase=decision.phase or 0,
        unit_id=decision.unit_id,
        unit_type=decision.unit_type,
        variant_id=variant.id if variant else 0,
        at=claim.moment,
        day=day_of(claim.moment, claim.site.timezone),
        attributes=claim.event.attributes,
    )


def _quarantine(claim: Claim, problem: str) -> None:
    Quarantine.objects.create(
        site=claim.site,
        received_at=claim.received_at,
        code="exposure_mismatch",
        field="properties",
        detail=problem,
        event_id=str(claim.event.event_id),
        body=encoder.encode(claim.event).decode(),
    )
