"""The tables of this room."""

from experiments.models.among import Among
from experiments.models.audience import Holdout, Override, Prerequisite
from experiments.models.event import Event, Exposure, LedgerEntry, Slate
from experiments.models.experiment import Experiment, StatusChange, Variant
from experiments.models.inbox import Duplicate, InboxBatch, Quarantine, SlateTally, Tally
from experiments.models.layer import Allocation, Layer, Placement
from experiments.models.notice import Delivery, Notice, Webhook
from experiments.models.people import Membership, SavedView
from experiments.models.record import Change
from experiments.models.run import DecisionRecord, Phase, RampStep, Waiver
from experiments.models.site import ApiKey, ConfigVersion, Site
from experiments.models.traffic import Traffic
from experiments.models.unit import DroppedSlates, Erasure, ExportedDay, FlaggedUnit, UnitLink

__all__ = [
    "Allocation",
    "Among",
    "ApiKey",
    "Change",
    "ConfigVersion",
    "DecisionRecord",
    "Delivery",
    "DroppedSlates",
    "Duplicate",
    "Erasure",
    "Event",
    "Experiment",
    "ExportedDay",
    "Exposure",
    "FlaggedUnit",
    "Holdout",
    "InboxBatch",
    "Layer",
    "LedgerEntry",
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
    "SlateTally",
    "StatusChange",
    "Tally",
    "Traffic",
    "UnitLink",
    "Variant",
    "Waiver",
    "Webhook",
]
