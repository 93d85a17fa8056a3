"""What an analysis depends on beside the rows, its hash, and changes of what people choose."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from analytics.choices import choices_of, of_row, require_valid
from analytics.models import AnalysisSettings
from analytics.reporting.scope import ENDED
from analytics.selectors import metrics_of
from experiments.models import Experiment
from experiments.services.audit import record_change


def analysis_settings(experiment: Experiment) -> dict[str, Any]:
    """Return everything but the rows that an analysis of this experiment depends on."""
    return {
        **choices_of(experiment).to_dict(),
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


def changed_settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names of the settings in which two analyses differ, for whoever asks why.

    >>> changed_settings({"alpha": 0.05, "mde": None}, {"alpha": 0.01, "mde": None})
    ['alpha']
    """
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


@transaction.atomic
def change_settings(
    *, experiment: Experiment, actor: str, changes: Mapping[str, Any], reason: str = ""
) -> AnalysisSettings:
    """Change how an experiment is analysed, on record; the stored analysis is stale from then on.

    Raises InvalidInput on a setting that there is not, and on a value that it cannot have.
    """
    row = AnalysisSettings.objects.select_for_update().filter(experiment=experiment).first()
    row = row or AnalysisSettings(experiment=experiment)
    before = of_row(row).to_dict()
    after = of_row(row).changed(**changes).to_dict()
    for name, value in after.items():
        setattr(row, name, value)
    require_valid(row)
    row.save()
    named = changed_settings(before, after)
    if named:
        record_change(
            site=experiment.site,
            subject=f"analysis settings of {experiment.key}",
            action="edit",
            actor=actor,
            before={name: before[name] for name in named},
            after={name: after[name] for name in named},
            experiment=experiment,
            reason=reason,
        )
    return row
