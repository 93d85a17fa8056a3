"""A warning about the experiments that run at the same time: which, and with how many units."""

from experiments.assignment.hashing import BUCKETS
from experiments.lifecycle import Status
from experiments.models import Allocation, Experiment
from experiments.registries import Check

RUNNING = (Status.RUNNING, Status.PAUSED)


def beside_checks(experiment: Experiment) -> list[Check]:
    """Return the warning about experiments whose units are also in this one."""
    needed = set(experiment.prerequisites.values_list("required_id", flat=True))
    rows = _running_beside(experiment)
    apart = [row for row in rows if row.layer_id == experiment.layer.pk]
    shared = [row for row in rows if row not in apart and row.experiment_id not in needed]
    said = [_shared_text(row) for row in shared]
    said += [f"{row.experiment.name}: none, same layer" for row in apart]
    return [
        Check(
            "No units are shared with another experiment",
            not shared,
            "; ".join(said) or "no other experiment runs",
            "Use the same layer to keep them apart, wait, or waive: layers are independent, so"
            " the other one falls on all variants alike.",
            code="overlap",
            is_hard=False,
            link="traffic",
        )
    ]


def _running_beside(experiment: Experiment) -> list[Allocation]:
    rows = Allocation.objects.filter(
        experiment__site_id=experiment.site_id, experiment__status__in=RUNNING
    )
    return list(
        rows.exclude(experiment=experiment)
        .select_related("experiment", "layer")
        .order_by("experiment__key")
    )


def _shared_text(row: Allocation) -> str:
    """Return how many of this one's units are in the other too: hashes of layers are independent.

    The whole range counts, not what the ramp has opened: that is what they will come to share.
    """
    share = (row.stop - row.start) * 100 / BUCKETS
    return f"{row.experiment.name} ({row.layer.name}): {share:g} % of the units"
