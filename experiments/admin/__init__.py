"""Staff screens of this room."""

from experiments.admin import (
    events,
    experiment,
    flags,
    groups,
    holdouts,
    keys,
    notices,
    people,
    site,
)

__all__ = [
    "events",
    "experiment",
    "flags",
    "groups",
    "holdouts",
    "keys",
    "notices",
    "people",
    "site",
]
