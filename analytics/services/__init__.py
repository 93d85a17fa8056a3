"""Writes of this room: analyses and their settings, caps before a start, explorations."""

from analytics.services.analyses import (
    compute_analysis,
    give_up_hopeless_analyses,
    request_analysis,
    retry_analysis,
    retry_failed,
    unfinished_analyses,
)
from analytics.services.computing import LEASE
from analytics.services.settings import (
    analysis_settings,
    change_settings,
    changed_settings,
    settings_hash,
)

__all__ = [
    "LEASE",
    "analysis_settings",
    "change_settings",
    "changed_settings",
    "compute_analysis",
    "give_up_hopeless_analyses",
    "request_analysis",
    "retry_analysis",
    "retry_failed",
    "settings_hash",
    "unfinished_analyses",
]
