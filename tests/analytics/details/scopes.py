"""The scope of an experiment's whole first phase."""

from datetime import timedelta

from analytics.reporting.scope import Scope
from experiments.clock import microseconds
from experiments.models import Experiment
from tests.factories import NOW

START = NOW - timedelta(days=20)


def whole(experiment: Experiment, **changes: int) -> Scope:
    """Return the scope of phase 1 up to NOW."""
    values = {"phase": 1, "until_us": microseconds(NOW)} | changes
    return Scope.of(experiment, phase=values["phase"], until_us=values["until_us"])
