"""What this room gives to set-ups and decisions: metrics copied, the analysis as it was read."""

from typing import Any

from analytics.choices import of_row
from analytics.models import AnalysisSettings, ExperimentMetric
from analytics.selectors import latest_ready
from experiments.models import Experiment


def copy_metrics(source: Experiment, clone: Experiment) -> None:
    """Give a clone the metrics that its source names, in the same versions, roles and margins."""
    rows = ExperimentMetric.objects.filter(experiment=source).order_by("id")
    ExperimentMetric.objects.bulk_create(
        ExperimentMetric(
            experiment=clone, metric_id=row.metric_id, role=row.role, margin=row.margin
        )
        for row in rows
    )


def copy_settings(source: Experiment, clone: Experiment) -> None:
    """Let a clone be analysed as its source is."""
    for row in AnalysisSettings.objects.filter(experiment=source):
        AnalysisSettings.objects.create(experiment=clone, **of_row(row).to_dict())


def analysis_snapshot(experiment: Experiment) -> dict[str, Any]:
    """Return the newest analysis with results, and what it takes to compute it again."""
    analysis = latest_ready(experiment)
    if analysis is None:
        return {}
    return {
        "id": analysis.pk,
        "phase": analysis.phase,
        "data_cut_us": analysis.data_cut_us,
        "code_version": analysis.code_version,
        "settings": analysis.settings,
        "settings_hash": analysis.settings_hash,
        "results": analysis.results,
        "moments": analysis.moments,
    }
