"""Celery's entries of this room."""

from celery import shared_task
from django.conf import settings

from experiments.health.heartbeats import TRAINING, leave_heartbeat
from recommenders import services
from recommenders.comparing.sample import run_comparison

COMPARISON_LIMIT_S = 300
EVALUATION_LIMIT_S = 3 * 3600  # every algorithm is fitted, once for each window


@shared_task(
    acks_late=False,  # a training that kills its worker must not kill the next one
    reject_on_worker_lost=False,
    # The process of a training has limits of its own; these are for one that cannot be ended.
    time_limit=settings.TRAINING_HARD_LIMIT_S + 120,
    soft_time_limit=settings.TRAINING_HARD_LIMIT_S + 60,
    ignore_result=True,
)
def train_artifact(artifact_id: int) -> None:
    """Fit one queued artifact; running twice changes nothing."""
    if settings.TRAINING_APART:
        services.train_apart(artifact_id=artifact_id, on_sign=_leave_sign)
    else:
        services.train_artifact(artifact_id=artifact_id)


def _leave_sign() -> None:
    leave_heartbeat(TRAINING)


@shared_task(
    acks_late=False,  # one that kills its worker must not kill the next one
    reject_on_worker_lost=False,
    time_limit=EVALUATION_LIMIT_S,
    ignore_result=True,
)
def compute_evaluation(evaluation_id: int) -> None:
    """Compute one queued evaluation; running twice changes nothing."""
    services.compute_evaluation(evaluation_id=evaluation_id)


@shared_task(acks_late=False, ignore_result=True, time_limit=COMPARISON_LIMIT_S)
def compare_lists(comparison_id: int) -> None:
    """Compute one queued comparison of lists; running twice changes nothing."""
    run_comparison(comparison_id=comparison_id)


@shared_task(ignore_result=True)
def sweep_training() -> None:
    """Queue trainings and evaluations whose message was lost or whose worker was killed."""
    for artifact_id in services.release_stuck_training():
        train_artifact.delay(artifact_id)
    for evaluation_id in services.release_stuck_evaluations():
        compute_evaluation.delay(evaluation_id)


@shared_task(ignore_result=True, time_limit=900, soft_time_limit=840)
def measure(recommender_id: int) -> None:
    """Measure one recommender's drift and decay now."""
    services.measure(recommender_id=recommender_id)


@shared_task(ignore_result=True, time_limit=900, soft_time_limit=840)
def retrain() -> None:
    """Queue a training of every recommender that is due: by schedule, drift or decay."""
    for artifact in services.request_due():
        train_artifact.delay(artifact.pk)
