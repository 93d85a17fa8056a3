"""The tables of this room."""

from experiments.models.audience import Holdout, Override, Prerequisite
from experiments.models.event import Event, Exposure, InboxBatch, Quarantine, Slate
from experiments.models.experiment import Experiment, StatusChange, Variant
from experiments.models.layer import Allocation, Layer, Placement
from experiments.models.notice import Delivery, Notice, Webhook
from experiments.models.people import Membership, SavedView
from experiments.models.record import Change
from experiments.models.run import DecisionRecord, Phase, RampStep, Waiver
from experiments.models.site import ApiKey, ConfigVersion, Site

__all__ = [
    "Allocation",
    "ApiKey",
    "Change",
    "ConfigVersion",
    "DecisionRecord",
    "Delivery",
    "Event",
    "Experiment",
    "Exposure",
    "Holdout",
    "InboxBatch",
    "Layer",
    "Membership",
    "Notice",
    "Override",
    "Phase",
    "Placement",
    "Prerequisite",
    "Quarantine",
    "RampStep",
    "SavedView",
    "Site",
    "Slate",
    "StatusChange",
    "Variant",
    "Waiver",
    "Webhook",
]
