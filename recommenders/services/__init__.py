"""What changes this room's tables."""

from recommenders.services.promotion import promote_artifact
from recommenders.services.training import (
    LEASE,
    release_stuck_training,
    request_training,
    train_artifact,
)

__all__ = [
    "LEASE",
    "promote_artifact",
    "release_stuck_training",
    "request_training",
    "train_artifact",
]
