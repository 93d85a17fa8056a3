"""Celery's entries of this room."""

from celery import shared_task

from analytics import selectors, services
from experiments.models import Experiment

LIMIT_S = 240


@shared_task(ignore_result=True, time_limit=LIMIT_S, soft_time_limit=LIMIT_S - 20)
def compute_analysis(analysis_id: int) -> None:
    """Compute one queued analysis; running twice changes nothing."""
    services.compute_analysis(analysis_id=analysis_id)


@shared_task(ignore_result=True)
def sweep_analyses() -> None:
    """Queue analyses again whose message was lost or whose worker was killed."""
    for analysis_id in services.unfinished_analyses():
        compute_analysis.delay(analysis_id)


@shared_task(ignore_result=True)
def refresh_running() -> None:
    """Request a fresh analysis of every running experiment."""
    for experiment_id in selectors.running_experiment_ids():
        experiment = Experiment.objects.select_related("site").get(pk=experiment_id)
        analysis = services.request_analysis(experiment=experiment)
        compute_analysis.delay(analysis.pk)
