"""Changing what was decided: experiments, their traffic and their lives."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from experiments.assignment.conditions import validate_condition
from experiments.assignment.hashing import BUCKETS
from experiments.assignment.layers import place_allocation
from experiments.errors import InvalidInput, LaunchRefused
from experiments.launching import free_range, own_checks, taken_ranges
from experiments.lifecycle import EDITABLE, Status, next_status
from experiments.lifecycle import HOLDS_BUCKETS as HOLDS_BUCKETS
from experiments.models import (
    Allocation,
    Experiment,
    Placement,
    Site,
    StatusChange,
    Variant,
)
from experiments.registries import (
    LAUNCH_CHECKS,
    PARAMETER_PINNERS,
    Check,
)
from experiments.signals import bump
from experiments.sites import create_site as create_site
from experiments.sites import equip_site as equip_site
from experiments.sites import new_seed as new_seed


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
    placement: Placement,
    variants: Sequence[VariantDraft],
    allocation: int = BUCKETS,
    created_by: User | None = None,
    **fields: Any,
) -> Experiment:
    """Return a new draft with its variants and its buckets placed in the placement's layer.

    `allocation`: buckets of 10 000. Raises InvalidInput on a bad field, AllocationError when the
    layer has no room.
    """
    if placement.site_id != site.pk:
        raise InvalidInput("the placement belongs to another site", field="placement")
    require_valid_eligibility(fields.get("eligibility", {}))
    experiment = Experiment(
        site=site,
        key=key,
        name=name,
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
    experiment = _lock(experiment_id)
    if experiment.status not in EDITABLE:
        raise InvalidInput(
            f"variants and traffic are frozen: the experiment is {experiment.status}",
            field="variants",
            hint="End it and create a new one.",
        )
    return experiment


def _lock(experiment_id: int) -> Experiment:
    # NO KEY: exposures and analyses that refer to the row are written meanwhile.
    rows = Experiment.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("site", "placement").get(pk=experiment_id)


@transaction.atomic
def allocate(*, experiment: Experiment, buckets: int) -> Allocation:
    """Lend the experiment `buckets` free buckets of its placement's layer."""
    experiment = lock_editable(experiment.pk)
    _lock_configuration()
    start, stop = place_allocation(taken_ranges(experiment), buckets)
    return _lend(experiment, start, stop)


def _lend(experiment: Experiment, start: int, stop: int) -> Allocation:
    place = {"layer_id": experiment.placement.layer_id, "start": start, "stop": stop}
    allocation, _created = Allocation.objects.update_or_create(
        experiment=experiment, defaults=place
    )
    return allocation


def _lock_configuration() -> None:
    """Let no other change of any layer or experiment pass until this one is committed.

    Every such change raises the version and so holds that row to its end. A second lock, such as
    one on the layer, would be taken before it by some and after it by others: a deadlock.
    """
    bump()


def launch_checks(experiment: Experiment) -> list[Check]:
    """Return every check that must pass before the experiment may start, each with its reason."""
    checks = own_checks(experiment)
    for extra in LAUNCH_CHECKS:
        checks += extra(experiment)
    return checks


@transaction.atomic
def start_experiment(*, experiment_id: int, actor: str = "") -> Experiment:
    """Start or resume an experiment; raises LaunchRefused with every check that failed."""
    experiment = _lock(experiment_id)
    target = next_status(experiment.status, "start")
    _lock_configuration()
    if experiment.status != Status.PAUSED:
        _prepare_launch(experiment)
    experiment.started_at = experiment.started_at or timezone.now()
    return _move(experiment, target, actor=actor)


def _prepare_launch(experiment: Experiment) -> None:
    """Raise LaunchRefused unless all checks pass; then fix the buckets and the parameters."""
    if failed := [check for check in launch_checks(experiment) if not check.passed]:
        raise LaunchRefused(
            "; ".join(f"{check.name}: {check.detail}" for check in failed),
            hint=" ".join(check.fix for check in failed),
        )
    experiment.allocation = _lend(experiment, *free_range(experiment, experiment.allocation))
    _pin_parameters(experiment)


def _pin_parameters(experiment: Experiment) -> None:
    """Let other rooms fix what a variant's parameters leave open, such as an artifact's version.

    A variant without parameters takes the placement's, as they are now: what it shows must not
    move with a default that somebody changes during the run.
    """
    for variant in experiment.variants.all():
        parameters = dict(variant.parameters or experiment.placement.parameters)
        for pin in PARAMETER_PINNERS:
            parameters = pin(experiment.site, parameters)
        if parameters != variant.parameters:
            variant.parameters = parameters
            variant.save(update_fields=["parameters"])


@transaction.atomic
def pause_experiment(*, experiment_id: int, actor: str = "", reason: str = "") -> Experiment:
    """Pause a running experiment: its units get what the placement serves by default."""
    experiment = _lock(experiment_id)
    return _move(experiment, next_status(experiment.status, "pause"), actor=actor, reason=reason)


@transaction.atomic
def end_experiment(*, experiment_id: int, actor: str = "", reason: str = "") -> Experiment:
    """End an experiment for good; its buckets are free again."""
    experiment = _lock(experiment_id)
    target = next_status(experiment.status, "end")
    experiment.ended_at = timezone.now()
    return _move(experiment, target, actor=actor, reason=reason)


def _move(experiment: Experiment, target: str, *, actor: str, reason: str = "") -> Experiment:
    StatusChange.objects.create(
        experiment=experiment,
        from_status=experiment.status,
        to_status=target,
        actor=actor,
        reason=reason,
        at=timezone.now(),
    )
    experiment.status = target
    experiment.save(update_fields=["status", "started_at", "ended_at"])
    return experiment
