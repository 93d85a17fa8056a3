"""Rows are locked before they are changed, always in the same order."""

from experiments.models import Experiment
from experiments.signals import bump


def lock(experiment_id: int) -> Experiment:
    """Return the experiment, locked until the transaction ends."""
    # NO KEY: exposures and analyses that refer to the row are written meanwhile.
    rows = Experiment.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("site", "placement__layer", "own_layer").get(pk=experiment_id)


def lock_configuration() -> None:
    """Let no other change of any layer or experiment pass until this one is committed.

    Every such change raises the version and so holds that row to its end. A second lock, such as
    one on the layer, would be taken before it by some and after it by others: a deadlock.
    """
    bump()
