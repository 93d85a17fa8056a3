"""Is what the sites serve from there: the files of every champion."""

from pathlib import Path

from django.conf import settings

from experiments.registries import HealthCheck
from recommenders.artifacts import MANIFEST
from recommenders.models import Recommender

FIX = "Restore artifacts/ in the data folder, or train them anew: Admin → Recommenders."


def artifact_checks() -> list[HealthCheck]:
    """Return whether the folder of every champion is on the disk; a fallback serves otherwise."""
    champions = Recommender.objects.exclude(champion=None).values_list("champion__path", flat=True)
    missing = [
        path for path in champions if not (Path(settings.DATA_DIR) / path / MANIFEST).is_file()
    ]
    if not missing:
        return [
            HealthCheck("artifacts", "ok", f"the files of {len(champions)} champions are there")
        ]
    detail = f"{len(missing)} of {len(champions)} champions have no files: a fallback serves"
    return [HealthCheck("artifacts", "failed", detail, FIX)]
