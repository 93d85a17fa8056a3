"""What this room adds to the room below: a new site's metrics, set-up, checks and decisions."""

from typing import TypeVar

from experiments.desks import METRIC_DESKS, PLANNERS, open_desk
from experiments.registries import (
    ANALYSIS_SNAPSHOTS,
    APPLIERS,
    ERASERS,
    ITEM_POPULARITIES,
    KEPT_DAYS,
    LAUNCH_CHECKS,
    RAMP_GATES,
    SETUP_COPIERS,
    SITE_INITIALISERS,
    SUBJECT_READERS,
)

T = TypeVar("T")


def register() -> None:
    """Add this room's part to the registries of the room below."""
    from analytics.builtin import create_builtin_metrics
    from analytics.deciding import analysis_snapshot, copy_metrics, copy_settings
    from analytics.launch.desk import DESK
    from analytics.launch.gates import ramp_checks
    from analytics.launch.guardrails import guardrail_checks
    from analytics.launch.launching import measuring_checks
    from analytics.launch.planner import plan_of
    from analytics.popularity import popularities
    from analytics.rollups.applying import apply_touched
    from analytics.rollups.states import needed_since
    from analytics.subjects import erase_unit, read_unit

    open_desk(METRIC_DESKS, DESK)
    open_desk(PLANNERS, plan_of)
    _add(SITE_INITIALISERS, create_builtin_metrics)
    _add(LAUNCH_CHECKS, measuring_checks)
    _add(LAUNCH_CHECKS, guardrail_checks)
    _add(SETUP_COPIERS, copy_metrics)
    _add(SETUP_COPIERS, copy_settings)
    _add(ANALYSIS_SNAPSHOTS, analysis_snapshot)
    _add(RAMP_GATES, ramp_checks)
    _add(APPLIERS, apply_touched)
    _add(KEPT_DAYS, needed_since)
    _add(ITEM_POPULARITIES, popularities)
    _add(ERASERS, erase_unit)
    _add(SUBJECT_READERS, read_unit)


def _add(registry: list[T], entry: T) -> None:
    """Append once, however often the room is set up."""
    if entry not in registry:
        registry.append(entry)
