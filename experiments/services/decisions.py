"""The decision at the end: written once, with the analysis that was read, and carried out."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from experiments.errors import AlreadyDecided, InvalidInput, NotFound, TransitionError
from experiments.lifecycle import Status
from experiments.models import DecisionRecord, Experiment, Placement, Variant
from experiments.registries import ANALYSIS_SNAPSHOTS
from experiments.services.audit import NAME_LENGTH, record_change, record_step
from experiments.services.locking import lock, lock_configuration
from experiments.services.storable import require_reason, require_storable

Outcome = DecisionRecord.Outcome


@transaction.atomic
def record_decision(
    *,
    experiment_id: int,
    outcome: str,
    reason: str,
    user: User | None,
    shipped_variant: str | None = None,
    follow_up: str = "",
    actor: str = "",
) -> DecisionRecord:
    """Return the record of what was decided about an ended experiment; ship what it says.

    `shipped_variant`: the key of the variant that everybody gets from now on; its placement serves
    that variant's parameters. `actor`: who decided where no person did, such as a key. Raises
    TransitionError before the end, AlreadyDecided on a second record, InvalidInput on an outcome
    that does not fit the variant.
    """
    experiment = lock(experiment_id)
    _require_decidable(experiment)
    reason = require_reason(reason, purpose="a decision")
    require_storable([reason, follow_up], field="reason")
    variant = _variant(experiment, shipped_variant)
    _require_fitting(outcome, variant)
    name = user.get_username() if user else actor
    record = DecisionRecord.objects.create(
        experiment=experiment,
        outcome=outcome,
        reason=reason,
        shipped_variant=variant,
        analysis=analysis_snapshot(experiment),
        follow_up=follow_up.strip(),
        decided_by=user,
        actor=name[:NAME_LENGTH],
        at=timezone.now(),
    )
    after = {"outcome": outcome, "shipped_variant": variant, "follow_up": record.follow_up}
    record_step(experiment, "decide", actor=name, before={}, after=after, reason=reason)
    if variant is not None:
        _ship(experiment, variant, name, reason)
    return record


def analysis_snapshot(experiment: Experiment) -> dict[str, Any]:
    """Return the analysis that a decision now would rest on; {} where there is none."""
    found: dict[str, Any] = {}
    for snapshot in ANALYSIS_SNAPSHOTS:
        found |= snapshot(experiment)
    return found


def _require_decidable(experiment: Experiment) -> None:
    if experiment.status not in (Status.ENDED, Status.ARCHIVED):
        raise TransitionError(
            f"cannot decide an experiment that is {experiment.status}", hint="End it first."
        )
    record = DecisionRecord.objects.filter(experiment=experiment).first()
    if record is not None:
        raise AlreadyDecided(
            f"{experiment.key} was decided by {record.actor} on {record.at:%Y-%m-%d}:"
            f" {record.outcome}",
            hint="A decision is never changed; clone the experiment to ask again.",
        )


def _variant(experiment: Experiment, key: str | None) -> Variant | None:
    if not key:
        return None
    variants = {variant.key: variant for variant in experiment.variants.all()}
    if key not in variants:
        raise NotFound(f"unknown variant {key!r}", known=list(variants), field="shipped_variant")
    return variants[key]


def _require_fitting(outcome: str, variant: Variant | None) -> None:
    """Raise InvalidInput when the outcome says something else than the variant that is shipped."""
    if outcome not in Outcome.values:
        known = ", ".join(Outcome.values)
        raise InvalidInput(f"unknown outcome {outcome!r}; known: {known}", field="outcome")
    if outcome == Outcome.WON and (variant is None or variant.is_control):
        raise InvalidInput(
            "an experiment is won by a treatment that is shipped",
            field="shipped_variant",
            hint="Name the treatment, or choose another outcome.",
        )
    if outcome == Outcome.LOST and variant is not None and not variant.is_control:
        raise InvalidInput(
            f"an experiment that lost does not ship the treatment {variant.key!r}",
            field="shipped_variant",
            hint="Ship the control or nothing, or choose another outcome.",
        )


def _ship(experiment: Experiment, variant: Variant, actor: str, reason: str) -> None:
    """Let everybody get the variant: its placement serves it; without one the payload forces it."""
    lock_configuration()
    if experiment.placement_id is None:
        return
    placement = Placement.objects.select_related("site").get(pk=experiment.placement_id)
    before = placement.parameters
    placement.parameters = dict(variant.parameters or before)
    placement.save(update_fields=["parameters"])
    record_change(
        site=placement.site,
        experiment=experiment,
        subject=f"placement {placement.key}",
        action="ship",
        actor=actor,
        before={"parameters": before},
        after={"parameters": placement.parameters},
        reason=reason,
    )
