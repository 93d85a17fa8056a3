"""How far from a unit's first exposure a site's metrics look, in days."""

from analytics.engines.choosing import Period, period_of
from analytics.errors import DefinitionError
from analytics.models import Metric
from analytics.queries import HISTORY_DAYS
from analytics.selectors import ChosenMetric
from experiments.models import Experiment


def period_to_read(experiment: Experiment, phase: int) -> Period | None:
    """Return the days on which anything lies that a report of the phase may look at."""
    return period_of(experiment, phase, before_days=HISTORY_DAYS, after_days=reach_days(experiment))


def reach_days(experiment: Experiment) -> int:
    """Return the days after first exposure by which every metric of the site has ended."""
    metrics = Metric.objects.filter(site_id=experiment.site_id)
    own = [_end(ChosenMetric(metric, ""), experiment.window_days) for metric in metrics]
    return max([experiment.window_days, *own])


def _end(chosen: ChosenMetric, window_days: int) -> int:
    try:
        start, days = chosen.query.span
    except DefinitionError:
        return window_days  # it is told on its own row
    return start + (window_days if days is None else days)
