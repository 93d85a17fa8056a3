"""Lists made ahead for units that were active of late."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils import timezone

from experiments.clock import microseconds
from experiments.models import Event, Site
from recommenders.artifacts import load_artifact
from recommenders.errors import ArtifactMissing
from recommenders.models import Recommender
from recommenders.serving.prepared import prepare


@dataclass(frozen=True, slots=True)
class PreparedLists:
    """By which artifact lists were made, and for how many units."""

    artifact: str
    n_units: int


def prepare_lists(*, site: Site, key: str, days: int) -> PreparedLists:
    """Write the lists of the champion's units with an event in the last `days`; return how many.

    Raises ArtifactMissing without a champion, ArtifactError when it cannot be opened.
    """
    rows = Recommender.objects.filter(site=site, key=key).select_related("champion__recommender")
    row = rows.first()
    if row is None or row.champion is None:
        raise ArtifactMissing(f"{key} of {site.slug} has no champion", hint="Train it first.")
    folder = Path(settings.DATA_DIR) / row.champion.path
    artifact = load_artifact(folder, sha256=row.champion.sha256)
    since_us = microseconds(timezone.now() - timedelta(days=days))
    active = Event.objects.filter(site=site, ts_us__gte=since_us).exclude(visitor_id="")
    ids = active.order_by().values_list("visitor_id", flat=True).distinct()
    indexes = {artifact.unit_index(unit_id) for unit_id in ids.iterator()} - {-1}
    units = np.array(sorted(indexes), np.int64)
    prepare(artifact, units, sha256=row.champion.sha256)
    return PreparedLists(row.champion.full_name, len(units))
