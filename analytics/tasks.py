"""Celery's entries of this room."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from analytics import selectors, services
from analytics.popularity import measure_popularity
from analytics.rollups import states
from analytics.rollups.building import build_phase
from experiments.errors import InvalidInput
from experiments.models import Site

log = logging.getLogger(__name__)

# All metrics in one statement, each alone in twice as long, quantiles; and what is made of them.
LIMIT_S = max(240, 5 * settings.METRIC_TIMEOUT_S)


@shared_task(ignore_result=True, time_limit=LIMIT_S, soft_time_limit=LIMIT_S - 20)
def compute_analysis(analysis_id: int) -> None:
    """Compute one queued analysis; running twice changes nothing."""
    analysis = services.compute_analysis(analysis_id=analysis_id)
    if analysis is not None and states.is_waiting(analysis.experiment_id, analysis.phase):
        # The reader has the report, from the rows; the next one will come from rollups.
        build_rollups.delay(analysis.experiment_id, analysis.phase)


@shared_task(ignore_result=True, time_limit=LIMIT_S, soft_time_limit=LIMIT_S - 20)
def compute_exploration(exploration_id: int) -> None:
    """Compute one queued exploration; running twice changes nothing."""
    services.compute_exploration(exploration_id=exploration_id)


@shared_task(ignore_result=True, time_limit=LIMIT_S, soft_time_limit=LIMIT_S - 20)
def compute_replay(replay_id: int) -> None:
    """Compute one queued A/A replay; running twice changes nothing."""
    services.compute_replay(replay_id=replay_id)


@shared_task(ignore_result=True, time_limit=LIMIT_S, soft_time_limit=LIMIT_S - 20)
def build_rollups(experiment_id: int, phase: int) -> None:
    """Build what waits of a phase's rollups; one that takes long goes on in another task."""
    if not build_phase(experiment_id, phase, limit_s=LIMIT_S / 2):
        build_rollups.delay(experiment_id, phase)


@shared_task(ignore_result=True)
def sweep_rollups() -> None:
    """Go over the rollups: build what waits, restart what failed, close what is over."""
    for experiment_id, phase in states.sweep(timezone.now()):
        build_rollups.delay(experiment_id, phase)


@shared_task(ignore_result=True)
def sweep_analyses() -> None:
    """Queue analyses again whose message was lost, whose worker was killed, or that just failed."""
    services.give_up_hopeless_analyses()
    for analysis_id in [*services.retry_failed(), *services.unfinished_analyses()]:
        compute_analysis.delay(analysis_id)
    for exploration_id in services.unfinished_explorations():
        compute_exploration.delay(exploration_id)
    for replay_id in services.unfinished_replays():
        compute_replay.delay(replay_id)


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


@shared_task(ignore_result=True, time_limit=LIMIT_S, soft_time_limit=LIMIT_S - 20)
def measure_popularities() -> None:
    """Measure anew how well known the items of each site are."""
    for site in Site.objects.all():
        measure_popularity(site)
