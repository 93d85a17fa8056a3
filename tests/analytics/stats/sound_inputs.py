"""Sound inputs of every kind that the statistics take; degenerate ones are made from these."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.stats.compare import compare_estimates
from analytics.stats.moments import Moments
from analytics.stats.offpolicy.log import FeedbackLog
from analytics.stats.offpolicy.slates import SlateLog
from analytics.stats.results import Comparison, Estimate, Kind, Monitoring
from analytics.stats.samples import Sample
from analytics.stats.value_counts import ValueCounts


@dataclass(frozen=True)
class Call:
    """A public function with arguments that it takes; the first test of each is that it does."""

    function: Callable[..., Any]
    arguments: dict[str, Any]

    def __str__(self) -> str:
        return (
            f"{self.function.__module__.removeprefix('analytics.stats.')}.{self.function.__name__}"
        )


def call(function: Callable[..., Any], **arguments: Any) -> Call:
    return Call(function, arguments)


A, B = Estimate(10_000, 12.4, 0.06), Estimate(9_000, 12.9, 0.07)
SHARE_A, SHARE_B = Estimate(10_000, 0.05, 4.75e-6), Estimate(10_000, 0.056, 5.29e-6)
PAIR = {"control": A, "treatment": B}
Y, X = [1, 0, 2, 1, 0, 3], [10, 4, 12, 9, 5, 20]
MOMENTS = {"control": Moments.from_values(Y * 100, X * 100), "treatment": Moments.from_values(Y)}
SHARES = {"control": Moments(600, 60, 60), "treatment": Moments(700, 90, 90)}
TABLE = {"x_a": 5, "n_a": 40, "x_b": 9, "n_b": 50}
VALUES = ValueCounts.from_values(np.array([0, 0, 0, 4, 1, 0, 7, 0, 2, 0] * 30))
COUNTS = {"control": VALUES, "treatment": ValueCounts.from_values(np.arange(90) % 7)}
RNG = np.random.default_rng(1)  # stands for a fresh generator of every run


def sample(shift: int) -> Sample:
    """Return units with outcome y over x, w over v before, and half of them without history."""
    n = np.arange(60)
    columns = {
        "y": n * 7 % 5 + shift,
        "x": n % 3 + 1,
        "w": n * 3 % 5,
        "v": n % 4 + 1,
        "missing": n % 2,
    }
    return Sample.from_columns({name: each.tolist() for name, each in columns.items()})


def comparison(monitoring: Monitoring = Monitoring.FIXED) -> Comparison:
    return compare_estimates(Kind.MEAN, A, B, monitoring=monitoring, planned_n=20_000)


SAMPLES = [sample(0), sample(1)]
LOG = FeedbackLog.of(
    [1, 0, 0, 1, 0, 1, 0, 0],
    [0.5, 0.25, 0.25, 0.5, 0.1, 0.2, 0.5, 0.25],
    [0.6, 0.1, 0.3, 0.7, 0.4, 0.5, 0.2, 0.25],
    predicted=[0.5, 0.2, 0.2, 0.5, 0.3, 0.4, 0.3, 0.2],
    predicted_target=[0.42, 0.26, 0.31, 0.45, 0.33, 0.41, 0.28, 0.24],
)
SLATES = SlateLog.of([[1.2, 0.5], [0.8, 1.5], [2.0, 1.0]], [[1, 0], [0, 1], [1, 0]])
GRID = [[0.5, 0.4], [0.3, 0.2], [0.6, 0.1]]
