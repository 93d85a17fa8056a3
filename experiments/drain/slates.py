"""Applying served slates: their rows, and the exposures that they amount to."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from experiments.assignment.specs import Reason
from experiments.clock import day_of, microseconds
from experiments.drain.dropping import served_to, without_erased
from experiments.drain.exposures import Sighting
from experiments.drain.measures import known_items, measured
from experiments.intake.slates import ServedSlate, document_decoder
from experiments.models import Experiment, InboxBatch, Site, Slate, Variant
from experiments.registries import UnitKey
from experiments.subjects.hiding import hidden_slate


@dataclass(frozen=True, slots=True)
class AppliedSlates:
    """What a pass made of its slate batches, and what is still to be done with them."""

    sightings: list[Sighting]
    rows: list[Slate]

    @property
    def touched(self) -> frozenset[UnitKey]:
        """Return the units whose slates these are: experiment id, phase and unit id."""
        return frozenset(
            (row.experiment_id, row.phase or 0, row.unit_id)
            for row in self.rows
            if row.experiment_id is not None
        )


def apply_slates(batches: Sequence[InboxBatch]) -> AppliedSlates:
    """Store the batches' slates; exposures and the joins to events are left to the caller."""
    sites = Site.objects.in_bulk({batch.site_id for batch in batches})
    served = [
        slate
        for batch in batches
        for slate in document_decoder.decode(batch.doc).slates
        if slate.site_id in sites
    ]
    served, _dropped = without_erased(served, served_to)
    served = [hidden_slate(each) if sites[each.site_id].hash_ids else each for each in served]
    # By id, so that two drains with the same slates wait instead of deadlocking.
    served = sorted(_without_lost_experiments(served), key=lambda slate: slate.request_id)
    known = known_items(served)
    rows = {
        (s.site_id, s.request_id): measured(_row(s, sites[s.site_id]), s, known)
        for s in reversed(served)
    }
    Slate.objects.bulk_create(rows.values(), batch_size=1000, ignore_conflicts=True)
    return AppliedSlates(
        [
            _sighting(slate, sites[slate.site_id])
            for slate in served
            if slate.variant_id and slate.reason == Reason.SPLIT  # testers do not count
        ],
        list(rows.values()),
    )


def _without_lost_experiments(served: list[ServedSlate]) -> list[ServedSlate]:
    """Return the slates, those of deleted experiments or variants as served outside of one."""
    experiments = set(
        Experiment.objects.filter(pk__in={s.experiment_id for s in served}).values_list(
            "pk", flat=True
        )
    )
    variants = set(
        Variant.objects.filter(pk__in={s.variant_id for s in served}).values_list("pk", flat=True)
    )
    return [
        slate
        if (slate.experiment_id is None or slate.experiment_id in experiments)
        and (slate.variant_id is None or slate.variant_id in variants)
        else msgspec.structs.replace(slate, experiment_id=None, variant_id=None, phase=None)
        for slate in served
    ]


def _row(slate: ServedSlate, site: Site) -> Slate:
    return Slate(
        site=site,
        request_id=slate.request_id,
        placement=slate.placement,
        served_at=slate.served_at,
        ts_us=microseconds(slate.served_at),
        day=day_of(slate.served_at, site.timezone),
        visitor_id=slate.visitor_id,
        account_id=slate.account_id,
        session_id=slate.session_id,
        experiment_id=slate.experiment_id,
        phase=slate.phase,
        variant_id=slate.variant_id,
        unit_id=slate.unit_id,
        reason=slate.reason,
        recommender=slate.recommender,
        artifact=slate.artifact,
        items=msgspec.to_builtins(slate.items),
        fallback=slate.fallback,
        latency_us=slate.latency_us,
        attributes=slate.attributes,
        traffic=slate.traffic,
    )


def _sighting(slate: ServedSlate, site: Site) -> Sighting:
    return Sighting(
        experiment_id=slate.experiment_id or 0,
        phase=slate.phase or 0,
        unit_id=slate.unit_id,
        unit_type=slate.unit_type,
        variant_id=slate.variant_id or 0,
        at=slate.served_at,
        day=day_of(slate.served_at, site.timezone),
        attributes=slate.attributes,
    )
