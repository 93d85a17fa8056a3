"""The decision: override, layer, eligibility, holdout, prerequisite, variant; with a reason."""

from bisect import bisect_right
from collections.abc import Mapping

from experiments.assignment import hashing
from experiments.assignment.condition.matching import matches
from experiments.assignment.fnv import CodeUnits, code_units
from experiments.assignment.layers import holds
from experiments.assignment.specs import (
    Decision,
    ExperimentSpec,
    PlacementSpec,
    Reason,
    VariantSpec,
    Visit,
)

# Paused is told apart later: it concerns only the units of the experiment's own buckets.
DECIDING = frozenset({"running", "paused"})
OVER = frozenset({"ended", "archived"})
# Prerequisites of prerequisites are followed so far; a ring is refused when it is saved.
MAX_PREREQUISITES = 8

Experiments = Mapping[int, ExperimentSpec]


def decide_placement(
    placement: PlacementSpec, visit: Visit, experiments: Experiments | None = None
) -> Decision:
    """Return what a unit gets at a placement: at most one experiment decides it.

    `experiments`: those of the site by id, for prerequisites. Without a variant the placement's own
    parameters serve, and the reason is that of the experiment whose buckets hold the unit, else
    that of the first experiment, else NO_EXPERIMENT.
    """
    asked = placement.experiments
    if visit.is_qa or visit.forced:
        asked = placement.experiments + placement.tryouts
    decisions = [decide_experiment(each, visit, experiments) for each in asked]
    served = [decision for decision in decisions if decision.variant is not None]
    if served:
        # A forced variant wins over the one that the unit's buckets would give.
        return next((each for each in served if not each.in_experiment), served[0])
    concerned = (each for each in decisions if each.reason != Reason.NOT_IN_LAYER)
    return _default(placement, next(concerned, decisions[0] if decisions else None))


def _default(placement: PlacementSpec, outside: Decision | None) -> Decision:
    """Return what the placement itself serves, with the reason why no experiment did."""
    return Decision(
        reason=outside.reason if outside else Reason.NO_EXPERIMENT,
        parameters=placement.parameters,
        experiment_key=outside.experiment_key if outside else None,
        experiment_id=outside.experiment_id if outside else None,
        phase=outside.phase if outside else None,
        unit_id=outside.unit_id if outside else "",
        unit_type=outside.unit_type if outside else "",
    )


def decide_experiment(
    experiment: ExperimentSpec,
    visit: Visit,
    experiments: Experiments | None = None,
    depth: int = MAX_PREREQUISITES,
) -> Decision:
    """Return the variant of a unit in one experiment, or why it is in none."""
    kept = _kept(experiment, visit) if experiment.is_sticky and visit.kept else ""
    unit_type, unit_id = _unit_of(experiment, visit, kept)
    reason, variant = _reason_and_variant(
        experiment, unit_id, visit, bool(kept), experiments or {}, depth
    )
    return Decision(
        reason=reason,
        parameters=variant.parameters if variant else {},
        experiment_key=experiment.key,
        experiment_id=experiment.id,
        phase=experiment.phase,
        variant=variant,
        unit_id=unit_id,
        unit_type=unit_type,
    )


def _kept(experiment: ExperimentSpec, visit: Visit) -> str:
    """Return the id under which the unit entered this phase, "" where no token carried it here."""
    phase, unit_id = visit.kept.get(experiment.key, (0, ""))
    return unit_id if phase == experiment.phase else ""


def _unit_of(experiment: ExperimentSpec, visit: Visit, kept: str) -> tuple[str, str]:
    """Return the type and id that are hashed: kept over a sign-in, the experiment's, a fallback."""
    fallback = experiment.fallback_unit_type
    if kept:
        return fallback or experiment.unit_type, kept
    unit_id = visit.units.of(experiment.unit_type)
    if unit_id or not fallback:
        return experiment.unit_type, unit_id
    return fallback, visit.units.of(fallback)


def _reason_and_variant(
    experiment: ExperimentSpec,
    unit_id: str,
    visit: Visit,
    is_kept: bool,
    experiments: Experiments,
    depth: int,
) -> tuple[Reason, VariantSpec | None]:
    if experiment.shipped and (shipped := shipped_variant(experiment)) is not None:
        return Reason.ENDED, shipped
    if not visit.has_consent:
        return Reason.NO_CONSENT, None
    if visit.forced and (forced := forced_variant(experiment, visit)) is not None:
        return Reason.OVERRIDE, forced
    if (refusal := not_open(experiment, is_qa=visit.is_qa)) is not None:
        return refusal, None
    if not unit_id:
        return Reason.NO_UNIT, None
    is_paused = experiment.status == "paused"
    if not is_paused and (forced := experiment.variant(experiment.overrides.get(unit_id, ""))):
        return Reason.OVERRIDE, forced
    units = code_units(unit_id)
    if not holds(experiment.allocation, hashing.draw(units, experiment.layer_state)):
        return Reason.NOT_IN_LAYER, None
    if is_paused:
        return Reason.PAUSED, None
    # Who entered before signing in stays in, whatever the account's attributes say.
    if experiment.condition and not is_kept and not matches(experiment.condition, visit.attributes):
        return Reason.NOT_ELIGIBLE, None
    if _is_held_out(experiment, units):
        return Reason.HOLDOUT, None
    if experiment.prerequisites and not _meets(experiment, visit, experiments, depth):
        return Reason.PREREQUISITE, None
    return entry_reason(experiment, visit, experiments), _pick(experiment, units)


def forced_variant(experiment: ExperimentSpec, visit: Visit) -> VariantSpec | None:
    """Return the variant that a link shows; what was killed does harm, and no link shows it."""
    if experiment.is_killed:
        return None
    return experiment.variant(visit.forced.get(experiment.key, ""))


def entry_reason(experiment: ExperimentSpec, visit: Visit, experiments: Experiments) -> Reason:
    """Return under which reason a unit that enters does so; only SPLIT counts.

    Whom a link has put into what this experiment builds on came here by the link as well.
    """
    if visit.is_qa:
        return Reason.QA
    is_led = visit.forced and _is_led(experiment, visit, experiments, MAX_PREREQUISITES)
    return Reason.OVERRIDE if is_led else Reason.SPLIT


def _is_led(experiment: ExperimentSpec, visit: Visit, experiments: Experiments, depth: int) -> bool:
    for needed in experiment.prerequisites:
        required = experiments.get(needed.experiment_id)
        if required is None or depth == 0:
            continue
        if forced_variant(required, visit) or _is_led(required, visit, experiments, depth - 1):
            return True
    return False


def shipped_variant(experiment: ExperimentSpec) -> VariantSpec | None:
    """Return the variant that everybody gets, as units of no experiment, since it was decided."""
    return experiment.variant(experiment.shipped) if experiment.status in OVER else None


def not_open(experiment: ExperimentSpec, *, is_qa: bool) -> Reason | None:
    """Return why the experiment decides nobody now; testers try it before it starts."""
    if experiment.is_killed:
        return Reason.KILLED
    if experiment.status in OVER:
        return Reason.ENDED
    is_open = experiment.status in DECIDING or is_qa
    return None if is_open and experiment.variants else Reason.NOT_STARTED


def _is_held_out(experiment: ExperimentSpec, units: CodeUnits) -> bool:
    for state, span in experiment.holdout_states:
        if span[0] <= hashing.draw(units, state) < span[1]:
            return True
    return False


def _meets(experiment: ExperimentSpec, visit: Visit, experiments: Experiments, depth: int) -> bool:
    """Return whether the unit is in the variants of the experiments that this one builds on."""
    for needed in experiment.prerequisites:
        required = experiments.get(needed.experiment_id)
        if required is None or depth == 0:
            return False
        variant = decide_experiment(required, visit, experiments, depth - 1).variant
        if variant is None or variant.key not in needed.variants:
            return False
    return True


def _pick(experiment: ExperimentSpec, units: CodeUnits) -> VariantSpec:
    """Return the variant whose range holds the unit's bucket; ranges fill [0, 10 000)."""
    bucket = hashing.draw(units, experiment.split_state)
    return experiment.variants[bisect_right(experiment.stops, bucket)]
