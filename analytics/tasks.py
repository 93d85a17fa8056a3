"""Celery's entries of this room."""

import logging

from celery import shared_task

from analytics import selectors, services
from experiments.errors import InvalidInput

log = logging.getLogger(__name__)

LIMIT_S = 240


@shared_task(ignore_result=True, time_limit=LIMIT_S, soft_time_limit=LIMIT_S - 20)
def compute_analysis(analysis_id: int) -> None:
    """Compute one queued analysis; running twice changes nothing."""
    services.compute_analysis(analysis_id=analysis_id)


@shared_task(ignore_result=True)
def sweep_analyses() -> None:
    """Queue analyses again whose message was lost or whose worker was killed."""
    services.give_up_hopeless_analyses()
    for analysis_id in services.unfinished_analyses():
        compute_analysis.delay(analysis_id)


@shared_task(ignore_result=True)
def refresh_running() -> None:
    """Request a fresh analysis of every experiment whose report is kept fresh."""
    for experiment in selectors.experiments_to_refresh():
        if selectors.has_unfinished(experiment):
            continue  # the one on its way will do; a slow worker is not helped by a queue
        try:
            analysis = services.request_analysis(experiment=experiment)
        except InvalidInput as error:
            log.warning("report not refreshed experiment=%d: %s", experiment.pk, error)
            continue
        compute_analysis.delay(analysis.pk)
