"""The eight rows of the published off-policy example."""

from analytics.stats.offpolicy.log import FeedbackLog

REFERENCE = FeedbackLog.of(
    [1, 0, 0, 1, 0, 1, 0, 0],
    [0.5, 0.25, 0.25, 0.5, 0.1, 0.2, 0.5, 0.25],
    [0.6, 0.1, 0.3, 0.7, 0.4, 0.5, 0.2, 0.25],
    predicted=[0.5, 0.2, 0.2, 0.5, 0.3, 0.4, 0.3, 0.2],
    predicted_target=[0.42, 0.26, 0.31, 0.45, 0.33, 0.41, 0.28, 0.24],
)
EMPTY = FeedbackLog.of([], [], [], predicted=[], predicted_target=[])
