"""Analyses: requested, claimed once, computed, stored whole; appended, never changed after."""

import hashlib
import json
import logging
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from analytics.models import Analysis
from analytics.reporting import compute_report
from analytics.rollups.states import ask_for_rollups
from analytics.scope import ALPHA, ENDED, data_cut_us, one_moment
from analytics.selectors import metrics_of
from experiments.errors import InvalidInput
from experiments.models import Experiment

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
# An analysis whose worker was killed once more after this long will not get better.
HOPE = 3 * LEASE


def analysis_settings(experiment: Experiment) -> dict[str, Any]:
    """Return everything but the rows that an analysis of this experiment depends on."""
    return {
        "alpha": ALPHA,
        "monitoring": experiment.monitoring,
        "has_ended": experiment.status in ENDED,
        "window_days": experiment.window_days,
        "planned_days": experiment.planned_days,
        "planned_units": experiment.planned_units,
        "mde": experiment.mde,
        "count_unverified": experiment.site.count_unverified,
        "timezone": experiment.site.timezone,
        "metrics": [
            {
                "key": chosen.metric.key,
                "version": chosen.metric.version,
                "role": chosen.role,
                "margin": chosen.margin,
            }
            for chosen in metrics_of(experiment)
        ],
    }


def settings_hash(values: dict[str, Any]) -> str:
    """Return a hash of an analysis' settings; the same settings hash alike everywhere."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def request_analysis(*, experiment: Experiment) -> Analysis:
    """Return a queued analysis of the current phase; whoever called queues the task."""
    if experiment.variants.filter(is_control=True).count() != 1 or experiment.variants.count() < 2:
        raise InvalidInput("an analysis needs a control and at least one treatment")
    values = analysis_settings(experiment)
    ask_for_rollups(experiment, timezone.now())
    return Analysis.objects.create(
        experiment=experiment,
        phase=experiment.phase,
        settings=values,
        settings_hash=settings_hash(values),
        data_cut_us=data_cut_us(experiment),
        code_version=settings.VERSION,
    )


def compute_analysis(*, analysis_id: int) -> Analysis | None:
    """Compute a queued analysis and store it; None when another worker has it."""
    now = timezone.now()
    claimed = Analysis.objects.filter(
        Q(status=Analysis.Status.QUEUED)
        | Q(status=Analysis.Status.COMPUTING, started_at__lt=now - LEASE),
        pk=analysis_id,
    ).update(status=Analysis.Status.COMPUTING, started_at=now)
    if not claimed:
        return None
    analysis = Analysis.objects.get(pk=analysis_id)
    try:
        _compute(analysis)
    except Exception as error:
        log.exception("analysis failed id=%d", analysis.pk)
        analysis.status = Analysis.Status.FAILED
        analysis.error = f"{type(error).__name__}: {error}"[:2000]
    analysis.finished_at = timezone.now()
    analysis.save()
    return analysis


def _compute(analysis: Analysis) -> None:
    """Fill in the results, and settings and cut as they were when the rows were read."""
    with one_moment():
        experiment = Experiment.objects.select_related("site").get(pk=analysis.experiment_id)
        values = analysis_settings(experiment)
        analysis.data_cut_us = data_cut_us(experiment)
        computed = compute_report(
            experiment, phase=analysis.phase, until_us=analysis.data_cut_us, is_present=True
        )
    analysis.settings = values
    analysis.settings_hash = settings_hash(values)
    analysis.results = asdict(computed.report)
    analysis.moments = computed.moments
    analysis.sql = computed.sql
    analysis.status = Analysis.Status.READY


def unfinished_analyses() -> list[int]:
    """Return analyses whose message was lost or whose worker was killed."""
    now = timezone.now()
    rows = Analysis.objects.filter(
        Q(status=Analysis.Status.QUEUED, created_at__lt=now - timedelta(seconds=15))
        | Q(status=Analysis.Status.COMPUTING, started_at__lt=now - LEASE)
    )
    return list(rows.order_by("id").values_list("pk", flat=True))


def give_up_hopeless_analyses() -> int:
    """Mark analyses failed that outlived every lease; return how many."""
    now = timezone.now()
    return Analysis.objects.filter(
        status=Analysis.Status.COMPUTING,
        started_at__lt=now - LEASE,
        created_at__lt=now - HOPE,
    ).update(
        status=Analysis.Status.FAILED,
        error="The worker was killed while it computed this. Refresh; does it have memory enough?",
        finished_at=now,
    )
