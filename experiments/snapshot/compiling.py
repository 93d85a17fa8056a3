"""From rows to what requests look at: every key, site and experiment, compiled at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from experiments.assignment.condition.normal import ConditionError, normalise
from experiments.assignment.layers import variant_ranges
from experiments.assignment.specs import (
    ExperimentSpec,
    HoldoutSpec,
    PlacementSpec,
    PrerequisiteSpec,
    VariantSpec,
)
from experiments.lifecycle import Status
from experiments.models import ApiKey, Experiment, Holdout, Placement, Site
from experiments.snapshot.specs import KeySpec, SiteSpec, Snapshot
from experiments.subjects.suppression import short_digests

UNSTARTED = (Status.DRAFT, Status.REVIEW, Status.SCHEDULED)
NOBODY: dict[str, Any] = {"$not": {}}  # the condition that no unit meets
DECIDING = (Status.RUNNING, Status.PAUSED)


def compile_all(version: int) -> Snapshot:
    """Return the snapshot of the rows as they are now.

    `version`: read before them, so that a change in between is compiled again, never missed.
    """
    experiments = _experiments_by_site()
    placements = _placements_by_site()
    erased = short_digests()
    return Snapshot(
        version=version,
        keys={key.digest: _key(key) for key in ApiKey.objects.filter(revoked_at=None)},
        sites={
            site.pk: replace(
                _site(site, placements.get(site.pk, []), experiments.get(site.pk, [])),
                erased=erased.get(site.pk, frozenset()),
            )
            for site in Site.objects.all()
        },
    )


def _experiments_by_site() -> dict[int, list[ExperimentSpec]]:
    holdouts = _holdouts()
    out: dict[int, list[ExperimentSpec]] = {}
    for row in compilable().exclude(status=Status.ARCHIVED).order_by("id"):
        out.setdefault(row.site_id, []).append(compile_experiment(row, holdouts))
    return out


def _placements_by_site() -> dict[int, list[Placement]]:
    out: dict[int, list[Placement]] = {}
    for placement in Placement.objects.all():
        out.setdefault(placement.site_id, []).append(placement)
    return out


def compilable() -> QuerySet[Experiment]:
    """Return the experiments with everything that compiling one looks at."""
    return Experiment.objects.select_related(
        "placement__layer", "own_layer", "allocation", "decision_record__shipped_variant"
    ).prefetch_related(
        "variants", "overrides__variant", "prerequisites__required", "prerequisites__variants"
    )


def _holdouts() -> dict[int, list[Holdout]]:
    """Return the holdouts by site."""
    out: dict[int, list[Holdout]] = {}
    for holdout in Holdout.objects.prefetch_related("layers").order_by("id"):
        out.setdefault(holdout.site_id, []).append(holdout)
    return out


def compile_experiment(
    experiment: Experiment, holdouts: Mapping[int, Sequence[Holdout]] | None = None
) -> ExperimentSpec:
    """Return an experiment as assignment sees it; `holdouts`: by site, read when not given."""
    known = _holdouts() if holdouts is None else holdouts
    allocation = getattr(experiment, "allocation", None)
    return ExperimentSpec(
        id=experiment.pk,
        key=experiment.key,
        placement=experiment.placement.key if experiment.placement else "",
        unit_type=experiment.unit_type,
        status=experiment.status,
        phase=experiment.phase,
        seed=experiment.seed,
        layer_seed=experiment.layer.seed,
        allocation=((allocation.start, allocation.admitted_stop),) if allocation else (),
        variants=_variants(experiment),
        condition=_condition(experiment.eligibility),
        holdouts=_concerning(experiment, known.get(experiment.site_id, ())),
        fallback_unit_type=experiment.fallback_unit_type,
        overrides={each.unit_id: each.variant.key for each in experiment.overrides.all()},
        prerequisites=_prerequisites(experiment),
        is_killed=experiment.is_killed,
        is_sticky=experiment.is_sticky,
        shipped=_shipped(experiment),
    )


def _variants(experiment: Experiment) -> tuple[VariantSpec, ...]:
    variants = list(experiment.variants.all())
    ranges = variant_ranges([variant.weight for variant in variants]) if variants else ()
    return tuple(
        VariantSpec(
            id=variant.pk,
            key=variant.key,
            name=variant.name,
            range=span,
            parameters=_object(variant.parameters),
        )
        for variant, span in zip(variants, ranges, strict=True)
    )


def _concerning(experiment: Experiment, holdouts: Iterable[Holdout]) -> tuple[HoldoutSpec, ...]:
    """Return the holdouts of the whole site and of the experiment's layer."""
    return tuple(
        HoldoutSpec(holdout.seed, (0, holdout.buckets))
        for holdout in holdouts
        if not (layers := holdout.layers.all()) or experiment.layer in layers
    )


def _prerequisites(experiment: Experiment) -> tuple[PrerequisiteSpec, ...]:
    return tuple(
        PrerequisiteSpec(
            needed.required_id,
            needed.required.key,
            frozenset(variant.key for variant in needed.variants.all()),
        )
        for needed in experiment.prerequisites.all()
    )


def _shipped(experiment: Experiment) -> str:
    """Return the key of the variant that was decided on, where no placement serves it."""
    record = getattr(experiment, "decision_record", None)
    variant = record.shipped_variant if record is not None else None
    return variant.key if variant is not None and experiment.placement_id is None else ""


def _condition(value: Any) -> dict[str, Any]:
    """Return the normal form of a stored condition; one that has none admits nobody."""
    try:
        return normalise(value)
    except ConditionError:
        return NOBODY


def _object(value: Any) -> dict[str, Any]:
    """Return a JSON object; a column can hold other JSON, and no request may stumble over it."""
    return value if isinstance(value, dict) else {}


def _key(key: ApiKey) -> KeySpec:
    return KeySpec(
        digest=key.digest,
        prefix=key.prefix,
        site_id=key.site_id,
        is_publishable=key.kind == ApiKey.Kind.PUBLISHABLE,
        scopes=frozenset(key.scopes),
        expires_at=key.expires_at,
        id=key.pk,
    )


def _site(
    site: Site, placements: Iterable[Placement], experiments: list[ExperimentSpec]
) -> SiteSpec:
    return SiteSpec(
        id=site.pk,
        slug=site.slug,
        currency=site.currency,
        timezone=site.timezone,
        allowed_origins=frozenset(site.allowed_origins),
        is_simulated=site.is_simulated,
        exposure_mode=site.exposure_mode,
        count_unverified=site.count_unverified,
        hash_ids=site.hash_ids,
        internal_networks=tuple(site.internal_networks or ()),
        placements={
            placement.key: PlacementSpec(
                key=placement.key,
                parameters=_object(placement.parameters),
                experiments=_at(placement, experiments, DECIDING),
                tryouts=_at(placement, experiments, UNSTARTED),
            )
            for placement in placements
        },
        experiments={experiment.id: experiment for experiment in experiments},
    )


def _at(
    placement: Placement, experiments: Iterable[ExperimentSpec], statuses: Sequence[Status]
) -> tuple[ExperimentSpec, ...]:
    return tuple(e for e in experiments if e.placement == placement.key and e.status in statuses)
