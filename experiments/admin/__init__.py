"""Staff screens of this room."""

from experiments.admin import events, experiment, keys, notices, people, site

__all__ = ["events", "experiment", "keys", "notices", "people", "site"]
