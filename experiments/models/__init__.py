"""The tables of this room."""

from experiments.models.event import Event, Exposure, InboxBatch, Quarantine, Slate
from experiments.models.experiment import Experiment, StatusChange, Variant
from experiments.models.layer import Allocation, Layer, Placement
from experiments.models.site import ApiKey, ConfigVersion, Site

__all__ = [
    "Allocation",
    "ApiKey",
    "ConfigVersion",
    "Event",
    "Experiment",
    "Exposure",
    "InboxBatch",
    "Layer",
    "Placement",
    "Quarantine",
    "Site",
    "Slate",
    "StatusChange",
    "Variant",
]
