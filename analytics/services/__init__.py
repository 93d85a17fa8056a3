"""Writes of this room: analyses and their settings, caps before a start, explorations."""

from analytics.services.analyses import (
    compute_analysis,
    give_up_hopeless_analyses,
    request_analysis,
    retry_analysis,
    retry_failed,
    unfinished_analyses,
    unfinished_explorations,
    unfinished_replays,
)
from analytics.services.computing import LEASE
from analytics.services.explorations import compute_exploration, request_exploration
from analytics.services.replays import compute_replay, replay_now, request_replay
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
    "compute_exploration",
    "compute_replay",
    "give_up_hopeless_analyses",
    "replay_now",
    "request_analysis",
    "request_exploration",
    "request_replay",
    "retry_analysis",
    "retry_failed",
    "settings_hash",
    "unfinished_analyses",
    "unfinished_explorations",
    "unfinished_replays",
]
