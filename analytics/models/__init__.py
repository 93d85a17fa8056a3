"""Metrics, stored analyses, and the rollups that reports are read from."""

from analytics.models.analysis import Analysis
from analytics.models.look import ReportLook
from analytics.models.metric import ExperimentMetric, Metric
from analytics.models.rollup import Rollup, RollupState

__all__ = ["Analysis", "ExperimentMetric", "Metric", "ReportLook", "Rollup", "RollupState"]
