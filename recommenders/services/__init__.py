"""What changes this room's tables; one file a subject."""

from recommenders.services.apart import train_apart
from recommenders.services.evaluating import (
    compute_evaluation,
    release_stuck_evaluations,
    request_evaluation,
    site_log,
)
from recommenders.services.following import Use, delete_artifact, uses_of
from recommenders.services.promotion import before_now, promote, roll_back
from recommenders.services.requesting import request_training
from recommenders.services.retraining import request_due
from recommenders.services.training import LEASE, release_stuck_training, train_artifact
from recommenders.services.watching import measure

__all__ = [
    "LEASE",
    "Use",
    "before_now",
    "compute_evaluation",
    "delete_artifact",
    "measure",
    "promote",
    "release_stuck_evaluations",
    "release_stuck_training",
    "request_due",
    "request_evaluation",
    "request_training",
    "roll_back",
    "site_log",
    "train_apart",
    "train_artifact",
    "uses_of",
]
