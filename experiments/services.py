"""Changing what was decided: sites, layers, experiments and their lives."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from experiments.assignment.conditions import validate_condition
from experiments.assignment.layers import place_allocation
from experiments.errors import InvalidInput, LaunchRefused
from experiments.lifecycle import Status, next_status
from experiments.models import (
    Allocation,
    Experiment,
    Layer,
    Placement,
    Site,
    StatusChange,
    Variant,
)
from experiments.registries import (
    LAUNCH_CHECKS,
    PARAMETER_PINNERS,
    SITE_INITIALISERS,
    Check,
)

DEFAULT_PLACEMENTS = (("home", "Home page"), ("product", "Product page"), ("cart", "Cart"))
HOLDS_BUCKETS = (Status.SCHEDULED, Status.RUNNING, Status.PAUSED)
BUCKETS = 10_000


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """A variant as a form or the API describes it."""

    key: str
    name: str
    weight: int = 1
    is_control: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)


def new_seed(key: str) -> str:
    """Return a seed that no other layer or experiment has; the key makes it readable."""
    return f"{key}:{secrets.token_hex(8)}"


@transaction.atomic
def create_site(
    *,
    slug: str,
    name: str,
    currency: str = "EUR",
    timezone_name: str = "UTC",
    is_simulated: bool = False,
    is_replay: bool = False,
    exposure_mode: str = Site.ExposureMode.AUTO,
) -> Site:
    """Return a new site with what every site needs: a layer and a placement for each usual page."""
    try:
        ZoneInfo(timezone_name)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidInput(f"unknown time zone {timezone_name!r}", field="timezone") from None
    site = Site(
        slug=slug,
        name=name,
        currency=currency,
        timezone=timezone_name,
        is_simulated=is_simulated,
        is_replay=is_replay,
        exposure_mode=exposure_mode,
    )
    site.full_clean()
    site.save()
    equip_site(site=site)
    return site


def equip_site(*, site: Site) -> None:
    """Give a new site its layers and placements, and what other rooms add."""
    for key, name in DEFAULT_PLACEMENTS:
        layer = Layer.objects.create(
            site=site, key=key, name=name, seed=new_seed(f"{site.slug}-{key}")
        )
        Placement.objects.create(
            site=site,
            key=key,
            name=name,
            layer=layer,
            parameters={"recommender": "popularity"},
        )
    for initialise in SITE_INITIALISERS:
        initialise(site)


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


def set_variants(*, experiment: Experiment, variants: Iterable[VariantDraft]) -> None:
    """Replace a draft's variants."""
    require_editable(experiment)
    experiment.variants.all().delete()
    for position, draft in enumerate(variants):
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


def require_editable(experiment: Experiment) -> None:
    """Raise InvalidInput once the experiment has run: weights and seeds are frozen then."""
    if experiment.status not in {Status.DRAFT, Status.REVIEW, Status.SCHEDULED}:
        raise InvalidInput(
            f"variants and traffic are frozen: the experiment is {experiment.status}",
            field="variants",
        )


@transaction.atomic
def allocate(*, experiment: Experiment, buckets: int) -> Allocation:
    """Lend the experiment `buckets` free buckets of its placement's layer."""
    require_editable(experiment)
    layer = Layer.objects.select_for_update().get(pk=experiment.placement.layer_id)
    taken = [
        (allocation.start, allocation.stop)
        for allocation in layer.allocations.filter(experiment__status__in=HOLDS_BUCKETS).exclude(
            experiment=experiment
        )
    ]
    start, stop = place_allocation(taken, buckets)
    allocation, _created = Allocation.objects.update_or_create(
        experiment=experiment, defaults={"layer": layer, "start": start, "stop": stop}
    )
    return allocation


def launch_checks(experiment: Experiment) -> list[Check]:
    """Return every check that must pass before the experiment may start, each with its reason."""
    variants = list(experiment.variants.all())
    controls = sum(variant.is_control for variant in variants)
    checks = [
        Check(
            "At least two variants",
            len(variants) >= 2,
            f"{len(variants)} configured",
            "Add a control and at least one treatment.",
        ),
        Check(
            "Exactly one control",
            controls == 1,
            f"{controls} marked as control",
            "Mark one variant as the control.",
        ),
        _eligibility_check(experiment),
        _traffic_check(experiment),
    ]
    for extra in LAUNCH_CHECKS:
        checks += extra(experiment)
    return checks


def _eligibility_check(experiment: Experiment) -> Check:
    problems = validate_condition(experiment.eligibility)
    return Check(
        "Eligibility can be evaluated",
        not problems,
        "; ".join(problems) or "no problem found",
        "Correct the condition.",
    )


def _traffic_check(experiment: Experiment) -> Check:
    """Check that no experiment that holds buckets of the layer overlaps this one's."""
    mine = Allocation.objects.filter(experiment=experiment).first()
    if mine is None:
        return Check("Traffic is allocated", False, "no buckets", "Allocate a share of units.")
    clash = (
        Allocation.objects.filter(
            layer=mine.layer_id,
            start__lt=mine.stop,
            stop__gt=mine.start,
            experiment__status__in=HOLDS_BUCKETS,
        )
        .exclude(experiment=experiment)
        .select_related("experiment")
        .first()
    )
    return Check(
        "Traffic is free",
        clash is None,
        f"buckets {mine.start}–{mine.stop}"
        + (f" overlap with {clash.experiment.key}" if clash else " of 10 000"),
        "Lower the share, or end the other experiment first.",
    )


@transaction.atomic
def start_experiment(*, experiment_id: int, actor: str = "") -> Experiment:
    """Start or resume an experiment; raises LaunchRefused with every check that failed."""
    experiment = Experiment.objects.select_for_update(of=("self",)).get(pk=experiment_id)
    target = next_status(experiment.status, "start")
    if experiment.status != Status.PAUSED:
        # Two starts in one layer would both see free buckets: the layer's row orders them.
        Layer.objects.select_for_update().get(pk=experiment.placement.layer_id)
        if failed := [check for check in launch_checks(experiment) if not check.passed]:
            raise LaunchRefused(
                "; ".join(f"{check.name}: {check.detail}" for check in failed),
                hint=" ".join(check.fix for check in failed),
            )
        _pin_parameters(experiment)
    experiment.started_at = experiment.started_at or timezone.now()
    return _move(experiment, target, actor=actor)


def _pin_parameters(experiment: Experiment) -> None:
    """Let other rooms fix what a variant's parameters leave open, such as an artifact's version."""
    for variant in experiment.variants.all():
        parameters = dict(variant.parameters)
        for pin in PARAMETER_PINNERS:
            parameters = pin(experiment.site, parameters)
        if parameters != variant.parameters:
            variant.parameters = parameters
            variant.save(update_fields=["parameters"])


@transaction.atomic
def pause_experiment(*, experiment_id: int, actor: str = "", reason: str = "") -> Experiment:
    """Pause a running experiment: its units get what the placement serves by default."""
    experiment = Experiment.objects.select_for_update(of=("self",)).get(pk=experiment_id)
    return _move(experiment, next_status(experiment.status, "pause"), actor=actor, reason=reason)


@transaction.atomic
def end_experiment(*, experiment_id: int, actor: str = "", reason: str = "") -> Experiment:
    """End an experiment for good; its buckets are free again."""
    experiment = Experiment.objects.select_for_update(of=("self",)).get(pk=experiment_id)
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
