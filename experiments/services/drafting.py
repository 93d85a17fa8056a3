"""Drafts: an experiment before any unit met it, its variants and the buckets it asks for."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from experiments.assignment.conditions import validate_condition
from experiments.assignment.hashing import BUCKETS
from experiments.assignment.layers import place_allocation
from experiments.errors import InvalidInput
from experiments.launching import taken_ranges
from experiments.lifecycle import EDITABLE
from experiments.models import Allocation, Experiment, Layer, Placement, Site, Variant
from experiments.services.locking import lock, lock_configuration
from experiments.sites import new_seed


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """A variant as a form or the API describes it."""

    key: str
    name: str
    weight: int = 1
    is_control: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def create_experiment(
    *,
    site: Site,
    key: str,
    name: str,
    placement: Placement | None = None,
    layer: Layer | None = None,
    variants: Sequence[VariantDraft],
    allocation: int = BUCKETS,
    created_by: User | None = None,
    **fields: Any,
) -> Experiment:
    """Return a new draft with its variants and its buckets placed in its layer.

    `layer`: needed without a placement, which has one. `allocation`: buckets of 10 000. Raises
    InvalidInput on a bad field, AllocationError when the layer has no room.
    """
    layer = _layer_of(site, placement, layer)
    require_free_key(site, key)
    require_valid_eligibility(fields.get("eligibility", {}))
    experiment = Experiment(
        site=site,
        key=key,
        name=name,
        own_layer=None if placement else layer,
        placement=placement,
        seed=new_seed(key),
        created_by=created_by,
        **fields,
    )
    experiment.full_clean()
    experiment.save()
    set_variants(experiment=experiment, variants=variants)
    allocate(experiment=experiment, buckets=allocation)
    return experiment


def _layer_of(site: Site, placement: Placement | None, layer: Layer | None) -> Layer:
    """Return the layer to draw buckets from: the placement's, else the one that is given."""
    if placement is not None and placement.site_id != site.pk:
        raise InvalidInput("the placement belongs to another site", field="placement")
    found = placement.layer if placement is not None else layer
    if found is None or found.site_id != site.pk:
        raise InvalidInput(
            "an experiment needs a placement or a layer of its site",
            field="placement",
            hint="Name the placement whose list it decides, or a layer for other experiments.",
        )
    return found


def require_free_key(site: Site, key: str) -> None:
    """Raise InvalidInput when a placement has the key: both name what storefronts fetch."""
    if Placement.objects.filter(site=site, key=key).exists():
        raise InvalidInput(
            f"{key!r} is the key of a placement",
            field="key",
            hint="Choose another key: storefronts fetch placements and experiments by key.",
        )


def require_valid_eligibility(condition: Any) -> None:
    """Raise InvalidInput when a condition cannot be stored or evaluated."""
    require_storable(condition, field="eligibility")
    if problems := validate_condition(condition):
        raise InvalidInput("; ".join(problems[:5]), field="eligibility")


def require_storable(document: Any, *, field: str) -> None:
    """Raise InvalidInput on what no database holds: NUL, half a character, an infinite number."""
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        raise InvalidInput("this cannot be written as JSON", field=field) from None
    if "\\u0000" in text:
        raise InvalidInput("the text holds a NUL character", field=field)


@transaction.atomic
def set_variants(*, experiment: Experiment, variants: Iterable[VariantDraft]) -> None:
    """Replace a draft's variants."""
    experiment = lock_editable(experiment.pk)
    experiment.variants.all().delete()
    for position, draft in enumerate(variants):
        require_storable(draft.parameters, field="variants.parameters")
        variant = Variant(
            experiment=experiment,
            key=draft.key,
            name=draft.name,
            weight=draft.weight,
            is_control=draft.is_control,
            parameters=dict(draft.parameters),
            position=position,
        )
        variant.full_clean()
        variant.save()


def lock_editable(experiment_id: int) -> Experiment:
    """Return the experiment, locked; raises InvalidInput once it has run.

    The row is read anew: whoever asks may have read it before somebody else started it.
    """
    experiment = lock(experiment_id)
    if experiment.status not in EDITABLE:
        raise InvalidInput(
            f"variants and traffic are frozen: the experiment is {experiment.status}",
            field="variants",
            hint="End it and create a new one.",
        )
    return experiment


@transaction.atomic
def allocate(*, experiment: Experiment, buckets: int) -> Allocation:
    """Lend the experiment `buckets` free buckets of its layer."""
    experiment = lock_editable(experiment.pk)
    lock_configuration()
    start, stop = place_allocation(taken_ranges(experiment), buckets)
    return lend(experiment, start, stop)


def lend(experiment: Experiment, start: int, stop: int) -> Allocation:
    """Give the experiment the buckets [start, stop) of its layer, all of them open."""
    place = {"layer": experiment.layer, "start": start, "stop": stop, "admitted_stop": stop}
    allocation, _created = Allocation.objects.update_or_create(
        experiment=experiment, defaults=place
    )
    return allocation
