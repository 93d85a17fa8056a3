"""The library of a site's metrics: their newest versions, and where each is used."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from analytics.models import ExperimentMetric, Metric


@dataclass(frozen=True, slots=True)
class Use:
    """An experiment that names a metric, in which role and version."""

    experiment: str
    status: str
    role: str
    version: int

    def to_dict(self) -> dict[str, Any]:
        """Return the use, JSON-ready."""
        return asdict(self)


def newest_rows(site_id: int) -> QuerySet[Metric]:
    """Return the newest version of each of a site's metrics, by key."""
    newest = Metric.objects.filter(site_id=OuterRef("site_id"), key=OuterRef("key"))
    return (
        Metric.objects.filter(site_id=site_id)
        .filter(version=Subquery(newest.order_by("-version").values("version")[:1]))
        .order_by("key")
    )


def uses_of(site_id: int) -> dict[str, list[Use]]:
    """Return where each of a site's metrics is named, by its key, newest experiments first."""
    rows = ExperimentMetric.objects.filter(metric__site_id=site_id).order_by("-experiment_id")
    named = rows.values_list(
        "metric__key", "experiment__key", "experiment__status", "role", "metric__version"
    )
    found: dict[str, list[Use]] = {}
    for key, experiment, status, role, version in named:
        found.setdefault(key, []).append(Use(experiment, status, role, version))
    return found
