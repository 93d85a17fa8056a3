"""Every place where an installation keeps anything, searched for a text."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from django.apps import apps
from django.conf import settings
from django.db import models

from recommenders.models import Artifact

TEXTS = (models.CharField, models.TextField, models.JSONField, models.UUIDField)


def rows_with(text: str) -> list[str]:
    """Return the columns of all tables in which the text stands."""
    return [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, TEXTS)
        for value in model._default_manager.values_list(field.attname, flat=True)
        if text in str(value)
    ]


def files_with(text: str) -> list[str]:
    """Return the files of the data folder in which the text stands, compressed or not."""
    folder = Path(settings.DATA_DIR)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [str(path.relative_to(folder)) for path in files if any(_holds(path, text))]


def _holds(path: Path, text: str) -> Iterator[bool]:
    yield text.encode() in path.read_bytes()
    if path.suffix == ".parquet":
        yield text in str(pq.read_table(path).to_pylist())


def artifact_with(text: str) -> list[str]:
    """Return the ready artifacts that know a unit of this name."""
    return [
        artifact.full_name
        for artifact in Artifact.objects.filter(status=Artifact.Status.READY)
        if text.encode() in np.load(Path(settings.DATA_DIR) / artifact.path / "unit_ids.npy")
    ]
