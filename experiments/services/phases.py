"""Phases: stretches of a run with fixed weights, parameters and seed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from experiments.errors import InvalidInput, LaunchRefused
from experiments.launching import launch_checks
from experiments.models import Experiment, Phase, Variant
from experiments.services.describing import apply_edit, describe_variants
from experiments.services.locking import lock, lock_configuration
from experiments.services.moves import require_under_way
from experiments.services.storable import require_reason, require_storable
from experiments.services.variants import pin_parameters
from experiments.sites import new_seed


@transaction.atomic
def open_phase(
    *,
    experiment_id: int,
    actor: str,
    reason: str,
    weights: Mapping[str, int] | None = None,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
) -> Experiment:
    """Go on with other weights or parameters, by variant key, under a new seed; return the row.

    Every unit is split anew and analysed apart from the phase before. Raises TransitionError
    unless it runs or is paused, InvalidInput when nothing would change, LaunchRefused when a
    variant could not be served.
    """
    why = require_reason(reason, purpose="a new phase")
    experiment = lock(experiment_id)
    require_under_way(experiment, "open a phase of")
    _require_open_enrolment(experiment)
    lock_configuration()
    chosen = _chosen(experiment, weights or {}, parameters or {})
    apply_edit(
        experiment,
        lambda: _turn_over(experiment, chosen, actor=actor, reason=why),
        action="phase",
        actor=actor,
        reason=why,
    )
    return experiment


def _require_open_enrolment(experiment: Experiment) -> None:
    if experiment.enrolment_closed_at is not None:
        raise InvalidInput(
            "the enrolment is closed: a new phase would count nobody",
            hint="End it and create a new experiment.",
        )


def _chosen(
    experiment: Experiment,
    weights: Mapping[str, int],
    parameters: Mapping[str, Mapping[str, Any]],
) -> list[Variant]:
    """Return the variants that change, with their new values; raises InvalidInput on bad ones."""
    variants = {each.key: each for each in Variant.objects.filter(experiment=experiment)}
    for field, keys in (("weights", weights), ("parameters", parameters)):
        if unknown := sorted(set(keys) - set(variants)):
            raise InvalidInput(
                f"unknown variant {unknown[0]!r}",
                field=field,
                hint=f"Known here: {', '.join(variants)}.",
            )
    changed = [
        each
        for key, each in variants.items()
        if _alter(each, weights.get(key), parameters.get(key))
    ]
    if not changed:
        raise InvalidInput(
            "a new phase changes weights or parameters; these are the present ones",
            field="weights",
        )
    return changed


def _alter(variant: Variant, weight: int | None, parameters: Mapping[str, Any] | None) -> bool:
    """Set the new values of a variant; return whether they differ from the old ones."""
    old = (variant.weight, variant.parameters)
    if parameters is not None:
        require_storable(parameters, field="parameters")
        variant.parameters = dict(parameters)
    if weight is not None:
        variant.weight = weight
    variant.full_clean()
    return old != (variant.weight, variant.parameters)


def _turn_over(experiment: Experiment, changed: list[Variant], *, actor: str, reason: str) -> None:
    """Write the variants, check and pin them, and replace the phase by the next one."""
    for variant in changed:
        variant.save()
    pin_parameters(experiment)
    if failed := [each for each in launch_checks(experiment) if each.is_hard and not each.passed]:
        raise LaunchRefused(
            "; ".join(f"{check.name}: {check.detail}" for check in failed),
            hint=" ".join(check.fix for check in failed),
        )
    close_phase(experiment, timezone.now())
    experiment.phase += 1
    experiment.seed = new_seed(experiment.key)
    experiment.save(update_fields=["phase", "seed"])
    begin_phase(experiment, actor=actor, reason=reason)


def begin_phase(experiment: Experiment, *, actor: str, reason: str = "") -> Phase:
    """Put the experiment's present phase on record: its seed, its variants as they are now."""
    return Phase.objects.create(
        experiment=experiment,
        number=experiment.phase,
        seed=experiment.seed,
        variants=describe_variants(experiment),
        started_at=timezone.now(),
        actor=actor,
        reason=reason,
    )


def close_phase(experiment: Experiment, now: datetime) -> None:
    """Note when the experiment's present phase ended."""
    Phase.objects.filter(experiment=experiment, ended_at=None).update(ended_at=now)
