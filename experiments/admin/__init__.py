"""Staff screens of this room."""

from experiments.admin import events, experiment, keys, people, site

__all__ = ["events", "experiment", "keys", "people", "site"]
