"""Training: a queued artifact is claimed once, fitted, judged, written whole and registered."""

import logging
import shutil
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from recommenders.models import Artifact
from recommenders.services.fitting import fit, read_dataset
from recommenders.services.judging import judge_offline, pass_gate
from recommenders.services.progress import enter_stage, learning
from recommenders.services.promotion import promote_by_itself
from recommenders.services.registering import folder_for, write_artifact

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # without a sign of life the process of a training is taken for dead
MOST_ATTEMPTS = 3  # what kills its worker time and again is not tried for ever
HINT_LOST = timedelta(seconds=15)
UNDER_WAY = (Artifact.Status.QUEUED, Artifact.Status.TRAINING)
Stage = Artifact.Stage


def train_artifact(*, artifact_id: int) -> Artifact | None:
    """Fit a queued artifact and register it; None when it is not its turn. Safe to run twice.

    One training of a recommender runs at a time. What fails is recorded with the artifact;
    champions stay what they were.
    """
    if not _claim(artifact_id):
        return None
    artifact = Artifact.objects.select_related(
        "recommender", "site", "started_from__recommender"
    ).get(pk=artifact_id)
    try:
        _train(artifact)
    except Exception as error:
        fail(artifact, error)
        raise
    return artifact


def _claim(artifact_id: int) -> bool:
    """Return whether the artifact was queued and is this process's now."""
    try:
        with transaction.atomic():
            claimed = Artifact.objects.filter(pk=artifact_id, status=Artifact.Status.QUEUED).update(
                status=Artifact.Status.TRAINING,
                seen_at=timezone.now(),
                attempts=F("attempts") + 1,
            )
    except IntegrityError:  # another one of this recommender is in training; the sweep comes back
        return False
    return bool(claimed)


def _train(artifact: Artifact) -> None:
    """Go through the stages, then make the row ready, and the champion where that was asked."""
    enter_stage(artifact, Stage.READING)
    dataset = read_dataset(artifact)
    with learning(artifact, Stage.FITTING):
        fitted = fit(artifact, dataset)
    with learning(artifact, Stage.JUDGING):
        judgement = judge_offline(artifact, dataset, fitted)
    enter_stage(artifact, Stage.WRITING)
    write_artifact(artifact, dataset, fitted, judgement)
    artifact.gate = pass_gate(artifact, judgement)
    _make_ready(artifact)


def _make_ready(artifact: Artifact) -> None:
    artifact.status = Artifact.Status.READY
    artifact.ready_at = timezone.now()
    artifact.stage, artifact.share = "", None
    with transaction.atomic():
        artifact.save()
        if artifact.wants_promotion:
            promote_by_itself(artifact=artifact)
    log.info("artifact ready id=%d name=%s", artifact.pk, artifact.full_name)


def fail(artifact: Artifact, error: Exception) -> None:
    """Put on record why a training failed, and leave nothing of it on the disk."""
    log.error("training failed artifact=%s", artifact.full_name, exc_info=error)
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError):
        most = settings.TRAINING_MEMORY_MB
        reason = f"it needed more memory than the {most} MiB of ARMATURE_TRAINING_MEMORY_MB"
    record_failure(artifact, reason)


def record_failure(artifact: Artifact, reason: str) -> None:
    """Let a training have failed for a reason; what it has written is removed."""
    Artifact.objects.filter(pk=artifact.pk, status__in=UNDER_WAY).update(
        status=Artifact.Status.FAILED, error=reason[:2000]
    )
    _remove_files(artifact)


def _remove_files(artifact: Artifact) -> None:
    """Remove what was written of an artifact that is not ready, whole or half."""
    folder = folder_for(artifact)
    for left in (folder, *folder.parent.glob(f".{folder.name}.*")):
        shutil.rmtree(left, ignore_errors=True)


def release_stuck_training() -> list[int]:
    """Queue again what a killed worker left in training; return the ids of all that is queued."""
    stuck = Artifact.objects.filter(status=Artifact.Status.TRAINING).annotate(
        last_sign=Coalesce("seen_at", "created_at")
    )
    _release(stuck.filter(last_sign__lt=timezone.now() - LEASE).select_related("recommender"))
    queued = Artifact.objects.filter(
        status=Artifact.Status.QUEUED, created_at__lt=timezone.now() - HINT_LOST
    )
    return list(queued.order_by("id").values_list("pk", flat=True))


def _release(stuck: Iterable[Artifact]) -> None:
    for artifact in stuck:
        log.warning("training lost its worker artifact=%s", artifact.full_name)
        if artifact.attempts >= MOST_ATTEMPTS:
            record_failure(artifact, f"its worker was killed {artifact.attempts} times")
            continue
        _remove_files(artifact)
        Artifact.objects.filter(pk=artifact.pk, status=Artifact.Status.TRAINING).update(
            status=Artifact.Status.QUEUED, stage="", share=None
        )
