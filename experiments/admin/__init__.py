"""Staff screens of this room."""

from experiments.admin import events, experiment, groups, holdouts, keys, notices, people, site

__all__ = ["events", "experiment", "groups", "holdouts", "keys", "notices", "people", "site"]
