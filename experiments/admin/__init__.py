"""Staff screens of this room."""

from experiments.admin import events, experiment, site

__all__ = ["events", "experiment", "site"]
