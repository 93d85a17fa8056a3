"""Drafts: an experiment before any unit met it, its variants and the buckets it asks for."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from experiments.assignment.condition.normal import ConditionError, normalise
from experiments.assignment.hashing import BUCKETS
from experiments.errors import InvalidInput
from experiments.lifecycle import EDITABLE
from experiments.models import Allocation, Experiment, Layer, Placement, Site
from experiments.ramping import RampDraft
from experiments.services.audit import record_step
from experiments.services.describing import apply_edit, describe, describe_row
from experiments.services.locking import lock
from experiments.services.ramps import write_ramp
from experiments.services.storable import require_storable
from experiments.services.traffic import place
from experiments.services.variants import VariantDraft, write_variants
from experiments.sites import new_seed


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
    ramp: Sequence[RampDraft] = (),
    created_by: User | None = None,
    actor: str = "",
    **fields: Any,
) -> Experiment:
    """Return a new draft with its variants and its buckets placed in its layer.

    `layer`: needed without a placement, which has one. `allocation`: buckets of 10 000. `actor`:
    who is on record, when it is no `created_by`. Raises InvalidInput on a bad field,
    AllocationError when the layer has no room.
    """
    layer = _layer_of(site, placement, layer)
    require_free_key(site, key)
    fields["eligibility"] = require_valid_eligibility(fields.get("eligibility", {}))
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
    write_variants(experiment, variants)
    place(experiment, allocation)
    write_ramp(experiment, ramp)
    _record_creation(experiment, actor)
    return experiment


def _record_creation(experiment: Experiment, actor: str) -> None:
    """Put the new draft on record, without what was left as it comes."""
    creator = experiment.created_by.get_username() if experiment.created_by else actor
    untouched = describe_row(Experiment())
    made = {
        name: value for name, value in describe(experiment).items() if value != untouched.get(name)
    }
    after = {"status": experiment.status, "version": experiment.version, **made}
    record_step(experiment, "create", actor=creator, before={}, after=after)


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


def require_valid_eligibility(condition: Any) -> dict[str, Any]:
    """Return a condition's normal form, which is what is stored; raise InvalidInput without one."""
    require_storable(condition, field="eligibility")
    try:
        return normalise(condition)
    except ConditionError as error:
        raise InvalidInput("; ".join(error.problems[:5]), field="eligibility") from None


@transaction.atomic
def set_variants(
    *,
    experiment: Experiment,
    variants: Iterable[VariantDraft],
    actor: str = "",
    reason: str = "",
) -> None:
    """Make a draft's variants these; who keeps its key keeps its row."""
    row, drafts = lock_editable(experiment.pk), list(variants)
    apply_edit(
        row, lambda: write_variants(row, drafts), action="variants", actor=actor, reason=reason
    )


def lock_editable(experiment_id: int) -> Experiment:
    """Return the experiment, locked; raises InvalidInput once it has run.

    The row is read anew: whoever asks may have read it before somebody else started it.
    """
    experiment = lock(experiment_id)
    if experiment.status not in EDITABLE:
        raise InvalidInput(
            f"variants and traffic are frozen: the experiment is {experiment.status}",
            field="variants",
            hint="Open a new phase, or end it and create a new one.",
        )
    return experiment


@transaction.atomic
def allocate(
    *, experiment: Experiment, buckets: int, actor: str = "", reason: str = ""
) -> Allocation:
    """Lend a draft `buckets` free buckets of its layer; return its allocation."""
    row = lock_editable(experiment.pk)
    apply_edit(row, lambda: place(row, buckets), action="allocation", actor=actor, reason=reason)
    return Allocation.objects.get(experiment=row)
