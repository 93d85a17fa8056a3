"""What must hold before an experiment may start, and where in its layer it would stand."""

from django.db.models import QuerySet

from experiments.assignment.conditions import validate_condition
from experiments.assignment.layers import Range, complement, place_allocation
from experiments.errors import AllocationError
from experiments.lifecycle import HOLDS_BUCKETS
from experiments.models import Allocation, Experiment
from experiments.registries import Check


def own_checks(experiment: Experiment) -> list[Check]:
    """Return this room's checks of a launch, each with its reason and, where it fails, the fix."""
    variants = list(experiment.variants.all())
    controls = sum(variant.is_control for variant in variants)
    return [
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


def _eligibility_check(experiment: Experiment) -> Check:
    problems = validate_condition(experiment.eligibility)
    return Check(
        "Eligibility can be evaluated",
        not problems,
        "; ".join(problems) or "no problem found",
        "Correct the condition.",
    )


def _traffic_check(experiment: Experiment) -> Check:
    """Check that the layer has room: a draft's buckets are not reserved and move when taken."""
    mine = Allocation.objects.filter(experiment=experiment).first()
    if mine is None:
        return Check("Traffic is allocated", False, "no buckets", "Allocate a share of units.")
    try:
        start, stop = free_range(experiment, mine)
    except AllocationError as error:
        holders = ", ".join(sorted(_holding(experiment).values_list("experiment__key", flat=True)))
        return Check("Traffic is free", False, f"{error}; held by {holders}", str(error.hint))
    return Check("Traffic is free", True, f"buckets {start}–{stop} of 10 000")


def free_range(experiment: Experiment, allocation: Allocation) -> Range:
    """Return the allocation's own range while it is free, else the first free one of its size.

    Raises AllocationError when the layer of the experiment's placement has no room.
    """
    taken = taken_ranges(experiment)
    mine = (allocation.start, allocation.stop)
    if any(start <= mine[0] and mine[1] <= stop for start, stop in complement(taken)):
        return mine
    return place_allocation(taken, allocation.stop - allocation.start)


def taken_ranges(experiment: Experiment) -> list[Range]:
    """Return the buckets that other experiments hold in this one's layer."""
    return list(_holding(experiment).values_list("start", "stop"))


def _holding(experiment: Experiment) -> QuerySet[Allocation]:
    return Allocation.objects.filter(
        layer=experiment.layer, experiment__status__in=HOLDS_BUCKETS
    ).exclude(experiment=experiment)
