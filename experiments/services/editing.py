"""Editing a set-up: on the version that the editor has read, or not at all."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from experiments.assignment.hashing import BUCKETS
from experiments.errors import InvalidInput
from experiments.lifecycle import may_edit
from experiments.models import Allocation, Experiment
from experiments.services.audit import plain
from experiments.services.conflicts import require_version
from experiments.services.describing import ROW_FIELDS, apply_edit
from experiments.services.drafting import require_free_key, require_valid_eligibility
from experiments.services.locking import lock, lock_configuration
from experiments.services.ramps import write_ramp
from experiments.services.storable import require_storable
from experiments.services.traffic import place
from experiments.services.variants import write_variants

PLACE_FIELDS = ("placement", "layer")
PART_FIELDS = ("variants", "allocation", "ramp")
FIELDS = (*ROW_FIELDS, *PLACE_FIELDS, *PART_FIELDS)


@transaction.atomic
def edit_experiment(
    *,
    experiment_id: int,
    actor: str,
    version: int,
    changes: Mapping[str, Any],
    reason: str = "",
) -> Experiment:
    """Change an experiment's set-up, all of the changes or none; return the row.

    `version`: the one that the editor has read. `changes`: values by field; rows for `placement`,
    `layer` and `owner`, VariantDrafts for `variants`, a number of buckets for `allocation`,
    RampDrafts for `ramp`. Raises EditConflict with the differences when somebody else was first,
    InvalidInput on a field that is unknown, frozen by the status, or has a bad value.
    """
    experiment = lock(experiment_id)
    require_version(experiment, version, changes)
    _require_open(experiment, changes)
    lock_configuration()
    apply_edit(
        experiment,
        lambda: _write(experiment, changes),
        action="edit",
        actor=actor,
        reason=reason,
    )
    return experiment


def _require_open(experiment: Experiment, changes: Mapping[str, Any]) -> None:
    """Raise InvalidInput on a field that does not exist, is frozen, or cannot be stored."""
    for name, value in changes.items():
        if name not in FIELDS:
            raise InvalidInput(
                f"unknown field {name!r}", field=name, hint=f"Known: {', '.join(FIELDS)}."
            )
        if not may_edit(experiment.status, name):
            raise InvalidInput(
                f"{name} is frozen: the experiment is {experiment.status}",
                field=name,
                hint="Weights and parameters change with a new phase; for the rest, clone it.",
            )
        require_storable(plain(value), field=name)


def _write(experiment: Experiment, changes: Mapping[str, Any]) -> None:
    _write_row(experiment, changes)
    if "variants" in changes:
        write_variants(experiment, list(changes["variants"]))
    if "allocation" in changes or "placement" in changes or "layer" in changes:
        place(experiment, _buckets_wanted(experiment, changes))
    if "ramp" in changes:
        write_ramp(experiment, list(changes["ramp"]))


def _write_row(experiment: Experiment, changes: Mapping[str, Any]) -> None:
    for name in ROW_FIELDS:
        if name in changes:
            setattr(experiment, name, changes[name])
    if "eligibility" in changes:
        experiment.eligibility = require_valid_eligibility(experiment.eligibility)
    if "key" in changes:
        require_free_key(experiment.site, experiment.key)
    _require_ahead(changes.get("ends_at"))
    _write_place(experiment, changes)
    experiment.full_clean()
    experiment.save(update_fields=[*ROW_FIELDS, "placement", "own_layer"])


def _require_ahead(ends_at: datetime | None) -> None:
    """Raise InvalidInput on an end that would come at once, by mistake: ending has its own step."""
    if ends_at is None:
        return
    if timezone.is_naive(ends_at):
        raise InvalidInput("an end needs a time zone", field="ends_at")
    if ends_at <= timezone.now():
        raise InvalidInput(
            f"{ends_at.isoformat()} is not ahead", field="ends_at", hint="Or end it now."
        )


def _write_place(experiment: Experiment, changes: Mapping[str, Any]) -> None:
    """Put the experiment at a placement, or in a layer of its own choice."""
    placement, layer = changes.get("placement"), changes.get("layer")
    if (chosen := placement or layer) is None:
        return
    if chosen.site_id != experiment.site_id:
        raise InvalidInput("this belongs to another site", field="placement")
    experiment.placement = placement
    experiment.own_layer = None if placement else layer


def _buckets_wanted(experiment: Experiment, changes: Mapping[str, Any]) -> int:
    """Return the buckets that are asked for: those it has where only its place changes."""
    if "allocation" in changes:
        return int(changes["allocation"])
    row = Allocation.objects.filter(experiment=experiment).first()
    return row.stop - row.start if row else BUCKETS
