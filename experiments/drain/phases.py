"""An experiment as each of its phases split the units: news of an earlier one may come late."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from experiments.assignment.layers import variant_ranges
from experiments.assignment.specs import ExperimentSpec
from experiments.models import Experiment, Phase

# When it began, and the experiment as it was split from then on.
Split = tuple[datetime, ExperimentSpec]


def splits_of(experiment: Experiment, spec: ExperimentSpec) -> list[Split]:
    """Return what each phase on record looked like, the first one first.

    `spec`: the experiment as it is now. On a simulated site, whose clock is not the one that phases
    are put on record by, every moment belongs to the present phase.
    """
    if experiment.site.is_simulated:
        return []
    phases = Phase.objects.filter(experiment=experiment).order_by("number")
    return [(phase.started_at, _as_in(phase, spec)) for phase in phases]


def split_at(splits: Sequence[Split], moment: datetime, *, now: ExperimentSpec) -> ExperimentSpec:
    """Return the experiment as it was at a moment: as at its start before, as `now` without any."""
    begun = [spec for began, spec in splits if began <= moment]
    if begun:
        return begun[-1]
    return splits[0][1] if splits else now


def _as_in(phase: Phase, spec: ExperimentSpec) -> ExperimentSpec:
    """Return the experiment with the seed and the weights of a phase."""
    weights = {each["key"]: each["weight"] for each in phase.variants}
    if phase.number == spec.phase or set(weights) != {each.key for each in spec.variants}:
        return spec
    ranges = variant_ranges([weights[variant.key] for variant in spec.variants])
    variants = tuple(
        replace(variant, range=span) for variant, span in zip(spec.variants, ranges, strict=True)
    )
    return replace(spec, phase=phase.number, seed=phase.seed, variants=variants)
