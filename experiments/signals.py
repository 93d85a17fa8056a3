"""Any change of what the snapshot is compiled from raises the configuration's version."""

from typing import Any

from django.db.models import F
from django.db.models.signals import m2m_changed, post_delete, post_save

from experiments.models import (
    Allocation,
    ApiKey,
    ConfigVersion,
    DecisionRecord,
    Erasure,
    Experiment,
    Holdout,
    Layer,
    Override,
    Placement,
    Prerequisite,
    Site,
    Variant,
)

CONFIGURATION = (
    Site,
    ApiKey,
    Layer,
    Placement,
    Experiment,
    Variant,
    Allocation,
    Holdout,
    Override,
    Prerequisite,
    DecisionRecord,
    Erasure,
)
JOINED = (Holdout.layers.through, Prerequisite.variants.through)


def bump(**_kwargs: Any) -> None:
    """Raise the version, in the caller's transaction, so that readers see both or neither.

    The row stays locked until the transaction ends: changes of the configuration follow each other.
    """
    row = ConfigVersion.objects.filter(id=1)
    if not row.update(version=F("version") + 1):
        ConfigVersion.objects.get_or_create(id=1)
        # Whoever made it meanwhile has not told readers of our change.
        row.update(version=F("version") + 1)


def connect() -> None:
    """Listen to every model that the snapshot is made of."""
    for model in CONFIGURATION:
        for signal in (post_save, post_delete):
            signal.connect(bump, sender=model, dispatch_uid=f"bump-{model.__name__}-{id(signal)}")
    for table in JOINED:
        m2m_changed.connect(bump, sender=table, dispatch_uid=f"bump-{table.__name__}")
