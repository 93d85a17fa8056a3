"""What this room holds of one unit: its rollups. Stored analyses hold sums, and nobody's id."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet

from analytics.models import Rollup, RollupState
from experiments.models import Exposure


def read_unit(site_id: int, unit_type: str, unit_id: str) -> dict[str, list[Any]]:
    """Return the unit's sums by experiment, phase and metric."""
    return {
        "rollups": [
            {
                "experiment": state.experiment.key,
                "phase": state.phase,
                "metric": state.metric.key,
                **row,
            }
            for state in _states(site_id, unit_type).select_related("experiment", "metric")
            for row in _rows(state, unit_id).values("y", "x", "pre_y", "pre_x")
        ]
    }


def erase_unit(site_id: int, unit_type: str, unit_id: str) -> dict[str, int]:
    """Remove the unit's rollups; return how many there were.

    Its exposures are gone by now. Where one of the same id is left it is of another type, whose
    sums these are.
    """
    states = _states(site_id, unit_type)
    # A build that had come to this very unit begins again: its place is an id.
    here = states.filter(last_unit=unit_id)
    here.filter(status=RollupState.Status.BUILDING).update(last_unit="", n_units=0)
    here.update(last_unit="")
    return {"rollups": sum(_removed(states, unit_id))}


def _removed(states: "QuerySet[RollupState]", unit_id: str) -> Iterator[int]:
    for state in states:
        same = {"experiment_id": state.experiment_id, "phase": state.phase, "unit_id": unit_id}
        if not Exposure.objects.filter(**same).exists():
            yield _rows(state, unit_id).delete()[0]


def _states(site_id: int, unit_type: str) -> "QuerySet[RollupState]":
    """Return the rollups of a site that may count units of this type."""
    counted = Q(experiment__unit_type=unit_type) | Q(experiment__fallback_unit_type=unit_type)
    return RollupState.objects.filter(counted, experiment__site_id=site_id).order_by("pk")


def _rows(state: RollupState, unit_id: str) -> "QuerySet[Rollup]":
    """Return one unit's row, found by its whole key."""
    return Rollup.objects.filter(
        experiment_id=state.experiment_id,
        phase=state.phase,
        metric_id=state.metric_id,
        unit_id=unit_id,
    )
