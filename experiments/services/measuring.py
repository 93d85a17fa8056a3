"""Which metrics an experiment is read by; the room above keeps them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction

from experiments.desks import METRIC_DESKS, MetricDesk, MetricUse, desk_of
from experiments.errors import InvalidInput
from experiments.models import Experiment
from experiments.services.drafting import lock_editable
from experiments.services.revising import revise


@transaction.atomic
def choose_metrics(*, experiment_id: int, uses: Sequence[MetricUse], actor: str) -> None:
    """Replace the metrics of an experiment that has not started.

    Raises InvalidInput where nobody keeps metrics, and on what their room cannot use.
    """
    experiment = lock_editable(experiment_id)
    desk = desk_of(METRIC_DESKS)
    if desk is None:
        raise InvalidInput("this installation keeps no metrics", field="metrics")
    before = _told(desk, experiment)
    desk.choose(experiment, uses)
    revise(experiment, "metrics", before, _told(desk, experiment), actor=actor)


def _told(desk: MetricDesk, experiment: Experiment) -> list[dict[str, Any]]:
    return [asdict(use) for use in desk.chosen(experiment)]
