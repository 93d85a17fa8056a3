"""A new draft with the set-up of another experiment: all that was chosen, nothing that happened."""

from typing import Any

from django.contrib.auth.models import User
from django.db import models, transaction

from experiments.assignment.layers import place_allocation
from experiments.buckets import taken_ranges
from experiments.errors import AllocationError, InvalidInput
from experiments.models import Experiment, Override, Prerequisite, RampStep, Variant
from experiments.registries import SETUP_COPIERS
from experiments.services.audit import record_step
from experiments.services.drafting import require_free_key
from experiments.services.traffic import lend
from experiments.sites import new_seed

# What tells one experiment from another, and what happened to it.
OWN = frozenset(
    {
        "id",
        "key",
        "name",
        "seed",
        "status",
        "phase",
        "version",
        "created_by",
        "approved_by",
        "approved_version",
        "created_at",
        "starts_at",
        "ends_at",
        "started_at",
        "enrolment_closed_at",
        "ended_at",
        "is_killed",
    }
)


@transaction.atomic
def clone_experiment(*, experiment_id: int, key: str, name: str, actor: str) -> Experiment:
    """Return a new draft with the set-up of an experiment in any status.

    Variants, traffic, ramp, audience, metrics and plan are taken over; key, dates, phases,
    waivers and decision are not. Raises InvalidInput on a key that is taken or a bad name.
    """
    source = Experiment.objects.select_related("site", "placement__layer", "own_layer").get(
        pk=experiment_id
    )
    _require_unused(source, key)
    clone = Experiment(
        key=key, name=name, seed=new_seed(key), created_by=_person(actor), **_chosen(source)
    )
    clone.full_clean()
    clone.save()
    variants = _copy_variants(source, clone)
    _copy_audience(source, clone, variants)
    _copy_traffic(source, clone)
    for copy_setup in SETUP_COPIERS:
        copy_setup(source, clone)
    after = {"key": key, "name": name, "cloned_from": source.key}
    record_step(clone, "create", actor=actor, before={}, after=after)
    return clone


def _require_unused(source: Experiment, key: str) -> None:
    require_free_key(source.site, key)
    if Experiment.objects.filter(site=source.site, key=key).exists():
        raise InvalidInput(f"there is an experiment {key!r} already", field="key")


def _person(actor: str) -> User | None:
    return User.objects.filter(username=actor).first()


def _chosen(source: Experiment) -> dict[str, Any]:
    fields = Experiment._meta.concrete_fields
    return {each.name: getattr(source, each.name) for each in fields if each.name not in OWN}


def _copy_variants(source: Experiment, clone: Experiment) -> dict[int, Variant]:
    """Return the clone's variants by the id of the one that each is a copy of."""
    copies: dict[int, Variant] = {}
    for variant in source.variants.all():
        copies[variant.pk] = _copy(variant, experiment=clone)
    return copies


def _copy(row: Any, **changed: Any) -> Any:
    """Return a saved copy of a row with some fields changed."""
    fields: list[models.Field[Any, Any]] = row._meta.concrete_fields
    values = {each.name: getattr(row, each.name) for each in fields if not each.primary_key}
    return type(row).objects.create(**values | changed)


def _copy_audience(source: Experiment, clone: Experiment, variants: dict[int, Variant]) -> None:
    for override in Override.objects.filter(experiment=source):
        _copy(override, experiment=clone, variant=variants[override.variant_id])
    for needed in Prerequisite.objects.filter(experiment=source).prefetch_related("variants"):
        copied = _copy(needed, experiment=clone)
        copied.variants.set(needed.variants.all())


def _copy_traffic(source: Experiment, clone: Experiment) -> None:
    """Ask for as many buckets; where the layer is full, for the same ones.

    A draft's buckets are a wish: the checks say who holds them, and a start moves to free ones.
    """
    for step in RampStep.objects.filter(experiment=source):
        _copy(step, experiment=clone, applied_at=None)
    allocation = getattr(source, "allocation", None)
    if allocation is None:
        return
    size = allocation.stop - allocation.start
    try:
        start, stop = place_allocation(taken_ranges(clone), size)
    except AllocationError:
        start, stop = allocation.start, allocation.stop
    lend(clone, start, stop)
