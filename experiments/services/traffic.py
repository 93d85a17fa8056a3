"""The buckets that an experiment is lent by its layer."""

from experiments.assignment.layers import place_allocation
from experiments.buckets import taken_ranges
from experiments.models import Allocation, Experiment
from experiments.services.locking import lock_configuration


def place(experiment: Experiment, buckets: int) -> Allocation:
    """Lend the experiment `buckets` free buckets of its layer; return its allocation.

    Raises AllocationError when the layer has no room. What it has already stays where it is.
    """
    lock_configuration()
    found = Allocation.objects.filter(experiment=experiment).first()
    if found and found.layer_id == experiment.layer.pk and found.stop - found.start == buckets:
        return found
    return lend(experiment, *place_allocation(taken_ranges(experiment), buckets))


def lend(experiment: Experiment, start: int, stop: int) -> Allocation:
    """Give the experiment the buckets [start, stop) of its layer, all of them open."""
    lent = {"layer": experiment.layer, "start": start, "stop": stop, "admitted_stop": stop}
    allocation, _created = Allocation.objects.update_or_create(experiment=experiment, defaults=lent)
    return allocation
