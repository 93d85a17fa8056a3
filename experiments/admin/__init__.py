"""Staff screens of this room."""

from experiments.admin import events, experiment, holdouts, keys, notices, people, site

__all__ = ["events", "experiment", "holdouts", "keys", "notices", "people", "site"]
