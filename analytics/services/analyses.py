"""Analyses: requested, claimed once, computed, stored whole; appended, never changed after."""

import logging
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from analytics.engines.choosing import engine_over
from analytics.models import AaReplay, Analysis, Exploration
from analytics.reporting.progress import Tell
from analytics.reporting.reach import period_to_read
from analytics.reporting.report import compute_report
from analytics.reporting.scope import data_cut_us, one_moment
from analytics.rollups.states import ask_for_rollups
from analytics.services.caps import freeze_caps
from analytics.services.computing import (
    HOPE,
    claim,
    finish,
    give_up_hopeless,
    note_failure,
    unfinished,
)
from analytics.services.progress import telling
from analytics.services.settings import analysis_settings, settings_hash
from analytics.trust.alerts import tell_findings
from experiments.errors import InvalidInput
from experiments.models import Experiment

log = logging.getLogger(__name__)

ATTEMPTS = 3  # of one refresh, by itself; whatever fails thrice waits for a person
BETWEEN = timedelta(minutes=1)  # a failure and the next attempt, times the attempts so far


def require_comparable(experiment: Experiment) -> None:
    """Raise InvalidInput unless the experiment has a control and a treatment."""
    if experiment.variants.filter(is_control=True).count() != 1 or experiment.variants.count() < 2:
        raise InvalidInput("an analysis needs a control and at least one treatment")


def request_analysis(*, experiment: Experiment, attempt: int = 1) -> Analysis:
    """Return a queued analysis of the current phase; whoever called queues the task."""
    require_comparable(experiment)
    values = analysis_settings(experiment)
    ask_for_rollups(experiment, timezone.now())
    return Analysis.objects.create(
        experiment=experiment,
        phase=experiment.phase,
        settings=values,
        settings_hash=settings_hash(values),
        data_cut_us=data_cut_us(experiment),
        code_version=settings.VERSION,
        attempt=attempt,
    )


def retry_analysis(*, analysis: Analysis) -> Analysis:
    """Return a queued analysis in place of a failed one, which stays as it is on record.

    Raises InvalidInput when the analysis has not failed.
    """
    if analysis.status != Analysis.Status.FAILED:
        raise InvalidInput(
            f"analysis {analysis.pk} is {analysis.status}, not failed",
            hint="Request a new one to bring the report up to date.",
        )
    return request_analysis(experiment=analysis.experiment, attempt=analysis.attempt + 1)


def retry_failed() -> list[int]:
    """Request anew what has just failed and may pass; return the new analyses.

    Only the newest of an experiment's phase, and each refresh three times at most.
    """
    now = timezone.now()
    recent = Analysis.objects.filter(
        status=Analysis.Status.FAILED, finished_at__gte=now - HOPE, attempt__lt=ATTEMPTS
    ).select_related("experiment__site")
    due = [row for row in recent if _since(row, now) > row.attempt * BETWEEN]
    return [retried for row in due if (retried := _retried(row)) is not None]


def _since(failed: Analysis, now: datetime) -> timedelta:
    return now - (failed.finished_at or now)


def _retried(failed: Analysis) -> int | None:
    newest = Analysis.objects.filter(experiment=failed.experiment_id).first()
    if newest != failed or failed.phase != failed.experiment.phase:
        return None
    try:
        return retry_analysis(analysis=failed).pk
    except InvalidInput:
        return None


def compute_analysis(*, analysis_id: int) -> Analysis | None:
    """Compute a queued analysis and store it; None when another worker has it."""
    if not claim(Analysis, analysis_id):
        return None
    analysis = Analysis.objects.get(pk=analysis_id)
    try:
        with telling(analysis) as tell:
            _compute(analysis, tell)
    except Exception as error:
        log.exception("analysis failed id=%d", analysis.pk)
        note_failure(analysis, error)
    finish(analysis)
    if analysis.status == Analysis.Status.READY:
        tell_findings(analysis.experiment, analysis.report["findings"])
    return analysis


def _compute(analysis: Analysis, tell: Tell) -> None:
    """Fill in the results, and settings and cut as they were when the rows were read."""
    freeze_caps(analysis.experiment)
    period = period_to_read(analysis.experiment, analysis.phase)
    with engine_over(period), one_moment():
        experiment = Experiment.objects.select_related("site").get(pk=analysis.experiment_id)
        values = analysis_settings(experiment)
        analysis.data_cut_us = data_cut_us(experiment)
        computed = compute_report(
            experiment,
            phase=analysis.phase,
            until_us=analysis.data_cut_us,
            is_present=True,
            tell=tell,
        )
    analysis.settings = values
    analysis.settings_hash = settings_hash(values)
    analysis.results = asdict(computed.report)
    analysis.moments = computed.moments
    analysis.sql = computed.sql
    analysis.status = Analysis.Status.READY


def unfinished_analyses() -> list[int]:
    """Return analyses whose message was lost or whose worker was killed."""
    return unfinished(Analysis)


def give_up_hopeless_analyses() -> int:
    """Mark analyses, explorations and replays failed that outlived every lease; return how many."""
    return sum(give_up_hopeless(rows) for rows in (Analysis, Exploration, AaReplay))


def unfinished_explorations() -> list[int]:
    """Return explorations whose message was lost or whose worker was killed."""
    return unfinished(Exploration)


def unfinished_replays() -> list[int]:
    """Return A/A replays whose message was lost or whose worker was killed."""
    return unfinished(AaReplay)
