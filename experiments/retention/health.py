"""Whether the days ahead have their partitions."""

from datetime import UTC, date, datetime

from experiments.registries import HealthCheck
from experiments.retention import partitions

NAME = "partitions ahead"
FEW_DAYS = 3  # beat makes them every hour: fewer than seven means that it has not run for days
FIX = "see that beat and a worker run; ./armature manage partitions makes them now"


def check_partitions(*, today: date | None = None) -> list[HealthCheck]:
    """Return how far ahead events have a partition; nothing on SQLite, which has none."""
    if not partitions.is_split():
        return []
    ahead = partitions.days_ahead(today=today or datetime.now(UTC).date())
    detail = f"{ahead} days from today on have a partition of their own"
    if ahead > FEW_DAYS:
        return [HealthCheck(NAME, "ok", detail)]
    # Nothing is lost: the events of other days go to the default partition and are moved later.
    return [HealthCheck(NAME, "degraded", detail, FIX)]
