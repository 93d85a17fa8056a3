"""Metrics, stored analyses and explorations, and the rollups that reports are read from."""

from analytics.models.analysis import Analysis
from analytics.models.computation import Computation
from analytics.models.exploration import Exploration
from analytics.models.look import ReportLook
from analytics.models.metric import ExperimentMetric, Metric
from analytics.models.popularity import ItemPopularity
from analytics.models.replay import AaReplay
from analytics.models.rollup import Rollup, RollupState
from analytics.models.settings import AnalysisSettings, FrozenCap
from analytics.models.share import ShareLink

__all__ = [
    "AaReplay",
    "Analysis",
    "AnalysisSettings",
    "Computation",
    "ExperimentMetric",
    "Exploration",
    "FrozenCap",
    "ItemPopularity",
    "Metric",
    "ReportLook",
    "Rollup",
    "RollupState",
    "ShareLink",
]
