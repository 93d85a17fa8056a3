"""Training: an artifact is queued, claimed once, fitted, written whole and registered."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from experiments.clock import microseconds
from experiments.models import Site
from recommenders import selectors
from recommenders.artifacts import save_artifact
from recommenders.base import Recommender as Algorithm
from recommenders.base import checked_settings
from recommenders.errors import TrainingError, UnknownRecommender
from recommenders.interactions import Dataset, build_dataset
from recommenders.models import Artifact, Recommender
from recommenders.registry import make, recommender_class
from recommenders.services.promotion import promote_artifact

log = logging.getLogger(__name__)

SEED = 20_260_101
LEASE = timedelta(minutes=30)


@transaction.atomic
def request_training(
    *, site: Site, key: str, until: datetime | None = None, promote: bool = True
) -> Artifact:
    """Return a queued artifact of a recommender; whoever called queues the task.

    `until`: interactions before this moment are learned from (now, when left out). `promote`: make
    it the champion once it is ready. Raises UnknownRecommender or SettingsError at once.
    """
    recommender = Recommender.objects.select_for_update().filter(site=site, key=key).first()
    if recommender is None:
        known = Recommender.objects.filter(site=site).values_list("key", flat=True)
        raise UnknownRecommender(
            f"unknown recommender {key!r}", hint=f"Known here: {', '.join(known)}."
        )
    chosen = recommender_class(recommender.algorithm)
    checked_settings(recommender.settings, chosen.defaults)
    return Artifact.objects.create(
        site=site,
        recommender=recommender,
        version=_next_version(recommender),
        trained_until=until or timezone.now(),
        manifest={"promote": promote},
    )


def _next_version(recommender: Recommender) -> str:
    """Return today's date with the next free number, such as 2026-11-20.3."""
    today = timezone.now().date().isoformat()
    taken = recommender.artifacts.filter(version__startswith=f"{today}.").values_list(
        "version", flat=True
    )
    last = max((int(version.rpartition(".")[2]) for version in taken), default=0)
    return f"{today}.{last + 1}"


def train_artifact(*, artifact_id: int) -> Artifact | None:
    """Fit a queued artifact and register it; None when another worker has it. Safe to run twice.

    What fails is recorded with the artifact; champions stay what they were.
    """
    claimed = Artifact.objects.filter(pk=artifact_id, status=Artifact.Status.QUEUED).update(
        status=Artifact.Status.TRAINING, created_at=timezone.now()
    )
    if not claimed:
        return None
    artifact = Artifact.objects.select_related("recommender", "site").get(pk=artifact_id)
    try:
        return _register(artifact, _fit(artifact))
    except Exception as error:
        _fail(artifact, error)
        raise


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted algorithm with the ids it was fitted on."""

    algorithm: Algorithm
    dataset: Dataset
    settings: dict[str, Any]
    seconds: float


def _fit(artifact: Artifact) -> Fitted:
    until = artifact.trained_until or timezone.now()
    dataset = build_dataset(
        selectors.interactions(artifact.site, until=until),
        selectors.item_features(artifact.site),
        now_us=microseconds(until),
    )
    if not dataset.item_ids:
        raise TrainingError("the site has no items", hint="Import or upsert the catalogue first.")
    recommender = artifact.recommender
    chosen = recommender_class(recommender.algorithm)
    complete = checked_settings(recommender.settings, chosen.defaults)
    began = time.perf_counter()
    fitted = make(recommender.algorithm, complete).fit(
        dataset.data, rng=np.random.default_rng(SEED)
    )
    return Fitted(fitted, dataset, complete, time.perf_counter() - began)


def _register(artifact: Artifact, fitted: Fitted) -> Artifact:
    """Write the files, then make the row ready, and the champion if that was asked."""
    promote = artifact.manifest.get("promote", True)
    path = f"artifacts/{artifact.site_id}/{artifact.recommender.key}/{artifact.version}"
    facts = {
        "name": artifact.full_name,
        "code_version": settings.VERSION,
        "trained_until": (artifact.trained_until or timezone.now()).isoformat(),
        "n_interactions": len(fitted.dataset.data.item),
        "fit_s": round(fitted.seconds, 3),
        "seed": SEED,
    }
    artifact.sha256 = save_artifact(
        settings.DATA_DIR / path,
        algorithm=artifact.recommender.algorithm,
        settings=fitted.settings,
        recommender=fitted.algorithm,
        item_ids=fitted.dataset.item_ids,
        unit_ids=fitted.dataset.unit_ids,
        facts=facts,
    )
    artifact.path = path
    artifact.manifest = {
        **facts,
        "settings": fitted.settings,
        "n_items": len(fitted.dataset.item_ids),
        "n_units": len(fitted.dataset.unit_ids),
    }
    artifact.status = Artifact.Status.READY
    artifact.ready_at = timezone.now()
    with transaction.atomic():
        artifact.save()
        if promote:
            promote_artifact(artifact=artifact)
    log.info("artifact ready id=%d name=%s", artifact.pk, artifact.full_name)
    return artifact


def _fail(artifact: Artifact, error: Exception) -> None:
    log.exception("training failed artifact=%s", artifact.full_name)
    artifact.status = Artifact.Status.FAILED
    artifact.error = f"{type(error).__name__}: {error}"[:2000]
    artifact.save(update_fields=["status", "error"])


def release_stuck_training() -> list[int]:
    """Queue again what a killed worker left in training; return the ids of all that is queued."""
    Artifact.objects.filter(
        status=Artifact.Status.TRAINING, created_at__lt=timezone.now() - LEASE
    ).update(status=Artifact.Status.QUEUED)
    queued = Artifact.objects.filter(
        status=Artifact.Status.QUEUED, created_at__lt=timezone.now() - timedelta(seconds=15)
    )
    return list(queued.order_by("id").values_list("pk", flat=True))
