"""The decision: layer, eligibility, holdout, variant; always with a reason."""

from collections.abc import Mapping
from typing import Any

from experiments.assignment.conditions import matches
from experiments.assignment.hashing import bucket_of
from experiments.assignment.layers import holds
from experiments.assignment.specs import (
    Decision,
    ExperimentSpec,
    PlacementSpec,
    Reason,
    UnitIds,
    VariantSpec,
)

# Paused is told apart later: it concerns only the units of the experiment's own buckets.
DECIDING = frozenset({"running", "paused"})
ENDED = {"ended": Reason.ENDED, "archived": Reason.ENDED}


def decide_placement(
    placement: PlacementSpec,
    units: UnitIds,
    attributes: Mapping[str, Any],
    *,
    has_consent: bool = True,
) -> Decision:
    """Return what a unit gets at a placement: at most one experiment decides it.

    Without one the placement's own parameters serve, and the reason is that of the experiment whose
    buckets hold the unit, else that of the first experiment, else NO_EXPERIMENT.
    """
    refusals: list[Decision] = []
    for experiment in placement.experiments:
        decision = decide_experiment(experiment, units, attributes, has_consent=has_consent)
        if decision.in_experiment:
            return decision
        refusals.append(decision)
    concerned = (refusal for refusal in refusals if refusal.reason != Reason.NOT_IN_LAYER)
    return _default(placement, next(concerned, refusals[0] if refusals else None))


def _default(placement: PlacementSpec, outside: Decision | None) -> Decision:
    """Return what the placement itself serves, with the reason why no experiment did."""
    return Decision(
        reason=outside.reason if outside else Reason.NO_EXPERIMENT,
        parameters=placement.parameters,
        experiment_key=outside.experiment_key if outside else None,
        experiment_id=outside.experiment_id if outside else None,
        phase=outside.phase if outside else None,
        unit_id=outside.unit_id if outside else "",
    )


def decide_experiment(
    experiment: ExperimentSpec,
    units: UnitIds,
    attributes: Mapping[str, Any],
    *,
    has_consent: bool = True,
) -> Decision:
    """Return the variant of a unit in one experiment, or why it is in none."""
    unit_id = units.of(experiment.unit_type)
    reason, variant = _reason_and_variant(experiment, unit_id, attributes, has_consent)
    return Decision(
        reason=reason,
        parameters=variant.parameters if variant else {},
        experiment_key=experiment.key,
        experiment_id=experiment.id,
        phase=experiment.phase,
        variant=variant,
        unit_id=unit_id,
    )


def _reason_and_variant(
    experiment: ExperimentSpec, unit_id: str, attributes: Mapping[str, Any], has_consent: bool
) -> tuple[Reason, VariantSpec | None]:
    if not has_consent:
        return Reason.NO_CONSENT, None
    if experiment.status not in DECIDING or not experiment.variants:
        return ENDED.get(experiment.status, Reason.NOT_STARTED), None
    if not unit_id:
        return Reason.NO_UNIT, None
    if not holds(experiment.allocation, bucket_of(unit_id, seed=experiment.layer_seed)):
        return Reason.NOT_IN_LAYER, None
    if experiment.status == "paused":
        return Reason.PAUSED, None
    if not matches(experiment.condition, attributes):
        return Reason.NOT_ELIGIBLE, None
    holdout = experiment.holdout
    if holdout and holds((holdout.range,), bucket_of(unit_id, seed=holdout.seed)):
        return Reason.HOLDOUT, None
    return Reason.SPLIT, _pick(experiment, unit_id)


def _pick(experiment: ExperimentSpec, unit_id: str) -> VariantSpec:
    """Return the variant whose range holds the unit's bucket; ranges fill [0, 10 000)."""
    bucket = bucket_of(unit_id, seed=experiment.seed)
    return next(v for v in experiment.variants if v.range[0] <= bucket < v.range[1])
