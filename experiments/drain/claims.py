"""Exposures that storefronts claim for lists of their own, checked by recomputing them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.assignment.assign import decide_experiment
from experiments.assignment.specs import Decision, ExperimentSpec, UnitIds
from experiments.clock import day_of
from experiments.drain.exposures import Sighting, record_exposures
from experiments.models import Experiment, Quarantine
from experiments.shapes import EventIn, encoder, text_id
from experiments.snapshot import compile_experiment

if TYPE_CHECKING:
    from experiments.drain.events import Arrival


def is_claim(event: EventIn) -> bool:
    """Return whether the event claims that its unit met a variant."""
    return event.type == "exposure"


def apply_claims(arrivals: "Sequence[Arrival]") -> None:
    """Record the claims that hold; those that do not are quarantined with the reason."""
    sightings: list[Sighting] = []
    specs: dict[tuple[int, str], ExperimentSpec | None] = {}
    for arrival in arrivals:
        key = (arrival.site.pk, str(arrival.event.properties.get("experiment", ""))[:80])
        if key not in specs:
            specs[key] = _spec_of(*key)
        decision = _decide(specs[key], arrival.event)
        if problem := _problem_of(arrival.event, decision):
            _quarantine(arrival, problem)
        elif decision is not None:
            sightings.append(_sighting(arrival, decision))
    record_exposures(sightings)


def _spec_of(site_id: int, key: str) -> ExperimentSpec | None:
    row = (
        Experiment.objects.filter(site_id=site_id, key=key)
        .select_related("placement__layer", "allocation")
        .prefetch_related("variants")
        .first()
    )
    return compile_experiment(row) if row else None


def _decide(spec: ExperimentSpec | None, event: EventIn) -> Decision | None:
    if spec is None:
        return None
    units = UnitIds(
        text_id(event.unit.visitor_id), text_id(event.unit.account_id), text_id(event.session_id)
    )
    return decide_experiment(spec, units, event.attributes)


def _problem_of(event: EventIn, decision: Decision | None) -> str:
    if decision is None:
        return "unknown experiment in properties.experiment"
    if decision.variant is None:
        return f"the unit is in no variant: {decision.reason}"
    claimed = event.properties.get("variant")
    if claimed != decision.variant.key:
        return f"the unit belongs to {decision.variant.key!r}, not to the variant claimed"
    return ""


def _sighting(arrival: "Arrival", decision: Decision) -> Sighting:
    variant = decision.variant
    return Sighting(
        experiment_id=decision.experiment_id or 0,
        phase=decision.phase or 0,
        unit_id=decision.unit_id,
        variant_id=variant.id if variant else 0,
        at=arrival.event.occurred_at,
        day=day_of(arrival.event.occurred_at, arrival.site.timezone),
        attributes=arrival.event.attributes,
    )


def _quarantine(arrival: "Arrival", problem: str) -> None:
    Quarantine.objects.create(
        site=arrival.site,
        received_at=arrival.received_at,
        code="exposure_mismatch",
        field="properties",
        detail=problem,
        event_id=str(arrival.event.event_id),
        body=encoder.encode(arrival.event).decode(),
    )
