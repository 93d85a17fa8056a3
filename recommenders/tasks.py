"""Celery's entries of this room."""

from celery import shared_task

from recommenders import services

TRAINING_LIMIT_S = 1500


@shared_task(
    acks_late=False,  # a training that kills its worker must not kill the next one
    reject_on_worker_lost=False,
    time_limit=TRAINING_LIMIT_S,
    soft_time_limit=TRAINING_LIMIT_S - 60,
    ignore_result=True,
)
def train_artifact(artifact_id: int) -> None:
    """Fit one queued artifact; running twice changes nothing."""
    services.train_artifact(artifact_id=artifact_id)


@shared_task(ignore_result=True)
def sweep_training() -> None:
    """Queue trainings whose message was lost or whose worker was killed."""
    for artifact_id in services.release_stuck_training():
        train_artifact.delay(artifact_id)
