"""Which buckets of a layer are lent, and where an experiment would stand among them."""

from django.db.models import QuerySet

from experiments.assignment.layers import Range, complement, place_allocation
from experiments.lifecycle import HOLDS_BUCKETS
from experiments.models import Allocation, Experiment, Layer


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
    return list(allocations_beside(experiment).values_list("start", "stop"))


def allocations_beside(experiment: Experiment) -> QuerySet[Allocation]:
    """Return the allocations that other experiments hold in this one's layer."""
    return Allocation.objects.filter(
        layer=experiment.layer, experiment__status__in=HOLDS_BUCKETS
    ).exclude(experiment=experiment)


def largest_gap(layer: Layer) -> int:
    """Return the buckets of the largest free piece of a layer, 0 when all are lent."""
    rows = Allocation.objects.filter(layer=layer, experiment__status__in=HOLDS_BUCKETS)
    gaps = complement(rows.order_by("start").values_list("start", "stop"))
    return max((stop - start for start, stop in gaps), default=0)
